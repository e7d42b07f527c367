package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/compliance"
	"github.com/throughline/throughline/ledger"
)

// complianceDeps is the store as the job of the rules knows it.
func (a *App) complianceDeps() compliance.Deps {
	return compliance.Deps{Records: a.Store, Nights: a.Store, Findings: a.Store, Packs: a.Config.Packs, Month: a.tellMonth}
}

// tell makes messages of what changes in findings.
func (a *App) tell() *gateway.Tell {
	return &gateway.Tell{Changes: a.Store, Leases: a.Store, Gateway: a.Gateway, Holder: a.name, Log: a.Log}
}

// tellMonth takes the totals of a program's month in.
func (a *App) tellMonth(ctx context.Context, month *gateway.FindingMonth) error {
	m, err := month.Message()
	if err == nil {
		_, err = a.Gateway.Receive(ctx, m, nil)
	}
	return err
}

// comply judges the day of the slot: one instance at a time, by the slot's row.
func (a *App) comply(ctx context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
	o := compliance.Options{Progress: func(done int, children int64) {
		tell(gateway.Progress{Step: "judging children and staff", Done: int64(done), Total: compliance.Buckets, Unit: "buckets", Rows: children, Of: "children"})
	}}
	sum, err := compliance.Run(ctx, a.complianceDeps(), slot.Date(), o)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("run %s as of %s: %d children, %d found, %d violations; %d opened, %d closed", sum.Run, sum.AsOf, sum.Children, sum.Found, sum.Violations,
		sum.Changed.Opened, sum.Changed.Closed), nil
}

func (c *cli) complianceRunVerb() *cobra.Command {
	var asOf, out string
	var o compliance.Options
	v := &cobra.Command{
		Use: "run", Short: "Judge every child and worker by the rules of the programs", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				day := ledger.DayOf(time.Now().In(a.Config.Rules.Zone))
				if asOf != "" {
					var err error
					if day, err = ledger.ParseDay(asOf); err != nil {
						return usage("--as-of is no calendar date", "write it as 2026-11-30")
					}
				}
				if o.Program != "" && a.Config.Pack(o.Program) == nil {
					return usage("--program "+o.Program, "give one of programs.packs")
				}
				return c.comply(ctx, a, day, o, out)
			})
		},
	}
	v.Flags().StringVar(&o.Program, "program", "", "judge by one program only")
	v.Flags().StringVar(&asOf, "as-of", "", "the date; default: today in the program's zone")
	v.Flags().StringVar(&out, "out", "", "directory for findings.csv and summary.json")
	v.Flags().BoolVar(&o.DryRun, "dry-run", false, "judge and count; open and close nothing")
	return v
}

func (c *cli) comply(ctx context.Context, a *App, day ledger.Day, o compliance.Options, out string) error {
	bar := c.progress("compliance")
	o.Progress = func(done int, _ int64) { bar.at(int64(done), compliance.Buckets) }
	sum, err := func() (*compliance.Summary, error) {
		if out == "" {
			return compliance.Run(ctx, a.complianceDeps(), day, o)
		}
		return compliance.Export(ctx, a.complianceDeps(), day, o, c.path(out))
	}()
	bar.end()
	if err != nil {
		return err
	}
	if c.opts.json {
		return c.printJSON(sum)
	}
	name := "run " + sum.Run
	if o.DryRun {
		name = "dry run, nothing opened or closed"
	}
	fmt.Fprintf(c.out, "%s: as of %s, known by %d\n", name, sum.AsOf, sum.Known)
	t := &table{head: []string{"PROGRAM", "RULE", "FORCE", "STATE", "FOUND", "SOURCE"}}
	for _, r := range sum.Rules {
		t.add(r.Program, r.Rule, r.Force, r.State, strconv.FormatInt(r.Found, 10), r.Source)
	}
	if err := c.print(t, "no rules"); err != nil {
		return err
	}
	if err := c.printDecisions(sum.Decisions); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d children, %d workers, %d records: %d found, %d of them violations\n", sum.Children, sum.Workers, sum.Records, sum.Found, sum.Violations)
	if n := len(sum.Unassigned); n > 0 {
		fmt.Fprintf(c.out, "%s of no program, judged by none: %s; name the program of each, or the team whose children it coordinates\n",
			counted(int64(n), "worker"), strings.Join(shortened(sum.Unassigned, unassignedShown), ", "))
	}
	c.printChange("rules", sum.Changed)
	c.printChange("night", sum.Night)
	return nil
}

// printDecisions prints what was decided in the programs, where anything was.
func (c *cli) printDecisions(all []gateway.DecisionCount) error {
	t := &table{head: []string{"PROGRAM", "APPROVED", "IN PART", "DENIED", "NOTICES", "APPEALS", "OPEN", "UPHELD", "OVERTURNED", "WITHDRAWN"}}
	for _, d := range all {
		row := []string{d.Program}
		for _, n := range []int64{d.Approved, d.InPart, d.Denied, d.Notices, d.Appeals, d.Open, d.Upheld, d.Overturned, d.Withdrawn} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		if d.Any() {
			t.add(row...)
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return c.print(t, "")
}

// unassignedShown is how many workers of no program are named; --json names all.
const unassignedShown = 20

func shortened(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	return append(slices.Clone(list[:n]), "...")
}

func (c *cli) printChange(origin string, t *gateway.FindingTally) {
	if t != nil {
		fmt.Fprintf(c.out, "%s: %d seen, %d opened, %d closed, %d back from a waiver\n", origin, t.Seen, t.Opened, t.Closed, t.Reopened)
	}
}
