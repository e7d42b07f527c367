package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
)

func (c *cli) reconcileCompareVerb() *cobra.Command {
	var from, to runFlags
	var out string
	v := &cobra.Command{
		Use: "compare", Short: "Say what changed between two finished nights", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return c.reconcileCompare(ctx, a, from, to, out) })
		},
	}
	v.Flags().StringVar(&from.asOf, "from", "", "the date of the earlier night")
	v.Flags().StringVar(&from.run, "from-run", "", "the earlier night by its run id")
	v.Flags().StringVar(&to.asOf, "to", "", "the date of the later night; default: the latest")
	v.Flags().StringVar(&to.run, "to-run", "", "the later night by its run id")
	v.Flags().StringVar(&out, "out", "", "a CSV file for every line that changed")
	v.MarkFlagsOneRequired("from", "from-run")
	return v
}

func (c *cli) reconcileCompare(ctx context.Context, a *App, from, to runFlags, out string) error {
	earlier, err := from.find(ctx, a)
	if err != nil {
		return err
	}
	later, err := to.find(ctx, a)
	if err != nil {
		return err
	}
	each, done, err := c.changedLines(out)
	if err != nil {
		return err
	}
	found, err := reconcile.Compare(ctx, a.reconcileDeps(), earlier, later, each)
	if err = cmp.Or(err, done()); err != nil {
		return err
	}
	return c.printComparison(found)
}

// changedLines writes the lines that changed to a file, or nowhere.
func (c *cli) changedLines(out string) (each func(*reconcile.LineChange) error, done func() error, err error) {
	if out == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.OpenFile(c.path(out), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	w := csv.NewWriter(f)
	if err := w.Write([]string{"line_id", "partner", "verdict_before", "verdict_after", "matched_before", "matched_after", "reason_after"}); err != nil {
		return nil, nil, cmp.Or(err, f.Close())
	}
	each = func(l *reconcile.LineChange) error {
		return w.Write([]string{l.ID, l.Partner, string(l.From.Verdict), string(l.To.Verdict), strconv.FormatInt(l.From.Matched, 10), strconv.FormatInt(l.To.Matched, 10), l.To.Reason})
	}
	return each, func() error {
		w.Flush()
		return cmp.Or(w.Error(), f.Close())
	}, nil
}

func (c *cli) printComparison(found *reconcile.Comparison) error {
	if c.opts.json {
		return c.printJSON(found)
	}
	fmt.Fprintf(c.out, "%s (run %s) to %s (run %s): %s as before\n", found.From.AsOf, found.From.Run, found.To.AsOf, found.To.Run, counted(found.Same, "line"))
	t := &table{head: []string{"BEFORE", "AFTER", "LINES", "UNITS"}}
	word := func(v ledger.Verdict) string { return cmp.Or(string(v), "(not there)") }
	for _, n := range found.Changes {
		t.add(word(n.From), word(n.To), strconv.FormatInt(n.Lines, 10), strconv.FormatInt(n.Units, 10))
	}
	return c.print(t, "nothing changed")
}
