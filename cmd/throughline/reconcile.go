package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
)

// reconcileDeps is the store as the nightly job knows it.
func (a *App) reconcileDeps() reconcile.Deps {
	return reconcile.Deps{Runs: a.Store, Facts: a.Store, Results: a.Store, Rules: a.Config.Rules, Checked: a.checked}
}

// checked tells of a self-check that found something.
func (a *App) checked(c reconcile.Check) {
	if c.Differ > 0 {
		a.Log.Error("what stands of a run is not what the law says; the next run judges every child", "op", "self-check", "run", c.Run, "as_of", c.AsOf.String(), "bucket", c.Bucket, "rows", c.Rows, "differ", c.Differ)
	}
}

// runFlags choose a run: that of a date, or one by its id.
type runFlags struct{ asOf, run string }

func (f *runFlags) add(v *cobra.Command, asOf string) {
	v.Flags().StringVar(&f.asOf, "as-of", "", asOf)
	v.Flags().StringVar(&f.run, "run", "", "a run by its id, as reconcile printed it")
}

// day is the date asked for; yesterday is that of the program's zone.
func (f *runFlags) day(zone *time.Location) (ledger.Day, error) {
	if f.asOf == "yesterday" {
		return ledger.DayOf(time.Now().In(zone)) - 1, nil
	}
	d, err := ledger.ParseDay(f.asOf)
	if err != nil {
		return d, usage("--as-of is no calendar date", "write it as 2026-11-30, or yesterday")
	}
	return d, nil
}

// find finds the published run; without flags, that of the latest date.
func (f *runFlags) find(ctx context.Context, a *App) (run *ledger.Run, err error) {
	switch {
	case f.run != "":
		run, err = a.Store.RunByID(ctx, f.run)
	case f.asOf != "":
		d, bad := f.day(a.Config.Rules.Zone)
		if bad != nil {
			return nil, bad
		}
		run, err = a.Store.RunOf(ctx, d)
	default:
		run, err = a.Store.LastRun(ctx)
	}
	if err != nil && gateway.FaultOf(err).Code != gateway.NotFound {
		return nil, err
	}
	if err != nil || !run.Published {
		return nil, &failure{code: exitFault, text: "there is no finished run of this date", todo: "run `throughline reconcile --as-of DATE` first"}
	}
	return run, nil
}

func (c *cli) reconcileVerb() *cobra.Command {
	var f runFlags
	var o reconcile.Options
	v := &cobra.Command{
		Use: "reconcile", Short: "Give every delivered unit its verdict, as of a date",
		Args: args(0, 0, "no arguments, or the verb explain, export or compare"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.asOf == "" && f.run == "" {
				return usage("no date", "give --as-of 2026-11-30")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return c.reconcile(ctx, a, f, o) })
		},
	}
	f.add(v, "the date; it fixes elapsed days, what expires, which decision is in force")
	v.Flags().BoolVar(&o.DryRun, "dry-run", false, "settle and count, write nothing")
	v.Flags().Int64Var(&o.Known, "known-by", 0, "only facts up to this commit number; 0 = everything committed now")
	v.Flags().StringVar(&o.Since, "changed-since", "", "judge only the children who have changed since a full run of the same date: its id, or last; same answer")
	v.Flags().BoolVar(&o.Full, "full", false, "judge every child, even if a run by --changed-since has the answer")
	v.MarkFlagsMutuallyExclusive("run", "known-by")
	v.MarkFlagsMutuallyExclusive("dry-run", "changed-since", "full")
	v.AddCommand(c.reconcileExplainVerb(), c.reconcileExportVerb(), c.reconcileCompareVerb())
	return v
}

// reconcile runs the law over every child. With --run it runs again what that
// run saw.
func (c *cli) reconcile(ctx context.Context, a *App, f runFlags, o reconcile.Options) error {
	var day ledger.Day
	var err error
	if f.run != "" {
		old, err := f.find(ctx, a)
		if err != nil {
			return err
		}
		day, o.Known = old.AsOf, old.Known
	}
	if f.asOf != "" {
		if day, err = f.day(a.Config.Rules.Zone); err != nil {
			return err
		}
	}
	bar := c.progress("reconcile")
	o.Progress = func(done, parts int, _ int64) { bar.at(int64(done), int64(parts)) }
	o.Told = func(r *ledger.Run) {
		if r.Why != "" {
			fmt.Fprintf(c.errs, "%s: every child is judged\n", r.Why)
		}
	}
	sum, err := reconcile.Run(ctx, a.reconcileDeps(), day, o)
	bar.end()
	if err != nil {
		return err
	}
	return c.printRun(sum, o.DryRun)
}

func (c *cli) printRun(s *ledger.Summary, dry bool) error {
	if c.opts.json {
		return c.printJSON(s)
	}
	name := "run " + s.Run
	if dry {
		name = "dry run, nothing written"
	}
	fmt.Fprintf(c.out, "%s: as of %s, known by %d, rules %s\n", name, s.AsOf, s.Known, s.Rules)
	t := &table{head: []string{"VERDICT", "LINES", "UNITS MATCHED"}}
	for _, v := range slices.Sorted(maps.Keys(s.Verdicts)) {
		t.add(string(v), strconv.FormatInt(s.Verdicts[v].Lines, 10), strconv.FormatInt(s.Verdicts[v].Matched, 10))
	}
	if err := c.print(t, "no service lines"); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d children, %d rows in = %d verdicts + %d superseded\n", s.Children, s.RowsIn, s.RowsOut, s.Superseded)
	fmt.Fprintf(c.out, "%d authorizations, %d approved: %d of %d units used, %d under-used, %d expiring\n",
		s.Auths.All, s.Auths.Approved, s.Auths.Used, s.Auths.Units, s.Auths.UnderUsed, s.Auths.Expiring)
	if !dry && !s.Balanced() {
		return &failure{code: exitFault, text: "the rows do not balance", todo: "keep the data as it is and report this: it must not happen"}
	}
	return nil
}

func (c *cli) reconcileExportVerb() *cobra.Command {
	var f runFlags
	var out string
	var o reconcile.ExportOptions
	v := &cobra.Command{
		Use: "export", Short: "Write the files of a finished run: lines, splits, authorizations, findings, report, manifest", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return c.reconcileExport(ctx, a, f, out, o) })
		},
	}
	f.add(v, "the date of the run; default: the latest")
	v.Flags().StringVar(&out, "out", "", "directory to write to")
	v.Flags().BoolVar(&o.Excel, "excel", false, "also night.xlsx: the same rows as one Excel workbook")
	_ = v.MarkFlagRequired("out") // the flag is there
	return v
}

func (c *cli) reconcileExport(ctx context.Context, a *App, f runFlags, out string, o reconcile.ExportOptions) error {
	run, err := f.find(ctx, a)
	if err != nil {
		return err
	}
	m, err := reconcile.Export(ctx, a.reconcileDeps(), run, c.path(out), o)
	if err != nil {
		return err
	}
	if c.opts.json {
		return c.printJSON(m)
	}
	fmt.Fprintf(c.out, "run %s as of %s: %s\n", m.Run, m.AsOf, counted(m.RowsOut, "line"))
	for _, file := range m.Files {
		fmt.Fprintf(c.out, "%s  %s\n", file.SHA256, file.Name)
	}
	fmt.Fprintf(c.out, "their hashes stand in %s\n", filepath.Join(out, "manifest.json"))
	return nil
}
