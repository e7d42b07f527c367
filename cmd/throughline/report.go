package main

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

// rollUp counts the enrolled children of a day.
func (a *App) rollUp(ctx context.Context, by gateway.RollUpBy, day ledger.Day, below int64, hideZeros bool) (*reports.RollUp, error) {
	clinics := map[string]string{}
	for _, p := range a.partners() {
		if p.Kind != gateway.Clinic && p.Kind != gateway.EHR {
			continue
		}
		for _, scope := range gateway.Scopes(p) {
			clinics[scope] = string(p.ID)
		}
	}
	var count reports.RollUpCount
	err := a.Store.RollUp(ctx, by, day, clinics, func(r *gateway.RollUpRow) error {
		count.Add(r)
		return nil
	})
	return count.RollUp(by, day, below, hideZeros), err
}

func (c *cli) reportRollUpVerb() *cobra.Command {
	var by, asOf, format string
	var least int64
	var hideZeros, all bool
	kinds := []string{string(gateway.ByProgram), string(gateway.ByClinic), string(gateway.ByMCO), string(gateway.ByCounty)}
	v := &cobra.Command{
		Use: "rollup", Short: "Count children, findings and units by program, clinic, payer or county, small cells suppressed", Args: args(0, 0, "no arguments; see its flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(kinds, by) || !slices.Contains(formats, format) || least < 2 {
				return usage("no such roll-up", "use --by program, clinic, mco or county, --format html, csv, json or xlsx, --below 2 or more")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				day, err := a.dayOf(asOf)
				if err != nil {
					return err
				}
				if all {
					least = 0
				}
				r, err := a.rollUp(ctx, gateway.RollUpBy(by), day, least, hideZeros)
				if err != nil {
					return err
				}
				return r.Write(c.out, format)
			})
		},
	}
	f := v.Flags()
	f.StringVar(&by, "by", "program", "program, clinic, mco or county")
	f.StringVar(&asOf, "as-of", "", "the date; default: today in the program's zone")
	f.StringVar(&format, "format", "html", "html, csv, json or xlsx")
	f.Int64Var(&least, "below", reports.SmallCell, "cells of fewer children are suppressed")
	f.BoolVar(&hideZeros, "hide-zeros", false, "suppress zeros too")
	f.BoolVar(&all, "unsuppressed", false, "suppress nothing: not to be shared")
	return v
}

func (c *cli) reportUtilizationVerb() *cobra.Command {
	var format string
	var less int64
	v := &cobra.Command{
		Use: "utilization", Short: "Burn rates, forecasts to the end, under- and over-use, of the newest night", Args: args(0, 0, "no arguments; see its flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := knownFormat(format); err != nil {
				return err
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				run, err := a.Store.LastRun(ctx)
				if err != nil {
					return err
				}
				view, err := a.utilization(ctx, nil, run, less)
				if err != nil {
					return err
				}
				return view.Write(c.out, format)
			})
		},
	}
	v.Flags().StringVar(&format, "format", "html", "html, csv, json or xlsx")
	v.Flags().Int64Var(&less, "less-bp", lessBP, "a forecast below this share of the units, in basis points, is under-use")
	return v
}

// formats are those of every report.
var formats = []string{"html", "csv", "json", "xlsx"}

func knownFormat(format string) error {
	if !slices.Contains(formats, format) {
		return usage("no such format", "use --format html, csv, json or xlsx")
	}
	return nil
}

// lessBP is below which share of the units, in basis points, a forecast is
// under-use, unless somebody says otherwise.
const lessBP = 8000

// utilization is the view of a published night, as far as the caller may see it;
// nil is whoever runs the gateway.
func (a *App) utilization(ctx context.Context, c *gateway.Caller, run *ledger.Run, lessBP int64) (*reports.Utilization, error) {
	view := reports.NewUtilization(run, lessBP)
	return view, a.Store.EachUseSeen(ctx, c, run, func(u *ledger.Use) error {
		view.Add(u)
		return nil
	})
}

func (c *cli) reportComplianceVerb() *cobra.Command {
	var from, asOf, format string
	v := &cobra.Command{
		Use: "compliance", Short: "How the programs stand: one page to read and print, or its tables", Args: args(0, 0, "no arguments; see its flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := knownFormat(format); err != nil {
				return err
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				to, err := a.dayOf(asOf)
				if err != nil {
					return err
				}
				first := to - 29
				if from != "" {
					if first, err = a.dayOf(from); err != nil {
						return err
					}
				}
				page, err := a.compliancePage(ctx, nil, first, to)
				if err != nil {
					return err
				}
				return page.Write(c.out, format)
			})
		},
	}
	v.Flags().StringVar(&from, "from", "", "the first day; default: 30 days with the last")
	v.Flags().StringVar(&asOf, "as-of", "", "the last day; default: today in the program's zone")
	v.Flags().StringVar(&format, "format", "html", "html, csv, json or xlsx")
	return v
}

// compliancePage gathers what the caller may see of each pack's program; nil is
// whoever runs the gateway.
func (a *App) compliancePage(ctx context.Context, c *gateway.Caller, from, to ledger.Day) (*reports.Compliance, error) {
	page := &reports.Compliance{From: from, AsOf: to}
	for _, pack := range a.Config.Packs {
		periods, err := a.Store.FindingPeriodsSeen(ctx, c, pack.ID, from, to)
		if err != nil {
			return nil, err
		}
		oldest, _, err := a.Store.Findings(ctx, c, gateway.FindingFilter{State: gateway.FindingOpen, Program: pack.ID}, gateway.Paging{Limit: 100})
		if err != nil {
			return nil, err
		}
		page.Add(pack.ID, pack.Title, periods, oldest, func(rule string) reports.RuleWords {
			if r := pack.Rule(rule); r != nil {
				return reports.RuleWords{Title: r.Title, Source: pack.Cite(r)}
			}
			return reports.RuleWords{Title: ledger.FindingKind(rule).Words(), Source: "the three sides of the night: plan, authorization, delivery"}
		})
		decided, err := a.decidedIn(ctx, c, pack.ID, to)
		if err != nil {
			return nil, err
		}
		if decided != nil {
			page.Decide(decided)
		}
	}
	return page, nil
}

// dayOf reads a date; none is today in the programs' zone.
func (a *App) dayOf(text string) (ledger.Day, error) {
	if text == "" {
		return ledger.DayOf(time.Now().In(a.Config.Rules.Zone)), nil
	}
	day, err := ledger.ParseDay(text)
	if err != nil {
		return 0, usage(strconv.Quote(text)+" is no calendar date", "write it as 2026-11-30")
	}
	return day, nil
}
