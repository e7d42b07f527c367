package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// findingJSON is a finding as the command line shows it: the child by the key
// of the store, never by name.
type findingJSON struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Origin    string `json:"origin"`
	Program   string `json:"program"`
	Rule      string `json:"rule"`
	Force     string `json:"force"`
	Violation bool   `json:"violation"`
	Partner   string `json:"partner"`
	Record    string `json:"record"`
	Item      string `json:"item"`
	Owner     string `json:"owner"`
	Reason    string `json:"reason"`
	Source    string `json:"source"`
	Opening   int    `json:"opening"`
	Opened    string `json:"opened"`
	Due       string `json:"due"` // by which it is to be mended, inclusive
	Seen      string `json:"last_seen"`
	Closed    string `json:"closed"`
	WaivedTo  string `json:"waived_to"`
	WaivedBy  string `json:"waived_by"`
	WaivedWhy string `json:"waived_because"`
}

func shownFinding(f *gateway.Finding) findingJSON {
	date := func(d ledger.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return findingJSON{ID: f.ID, State: f.State, Origin: f.Origin, Program: f.Program, Rule: f.Rule, Force: f.Force, Violation: f.Violation, Partner: string(f.Partner),
		Record: f.Record, Item: f.Item, Owner: f.Owner, Reason: f.Reason, Source: f.Cites, Opening: f.Opening, Opened: date(f.Opened), Due: date(f.Due), Seen: date(f.Seen), Closed: date(f.Closed),
		WaivedTo: date(f.WaivedTo), WaivedBy: f.WaivedBy, WaivedWhy: f.WaivedWhy}
}

func (c *cli) findingListVerb() *cobra.Command {
	var filter gateway.FindingFilter
	var p gateway.Paging
	v := &cobra.Command{
		Use: "list", Short: "List findings of the rules and of the night", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				found, next, err := a.Store.Findings(ctx, nil, filter, p)
				if err != nil {
					return err
				}
				list := make([]findingJSON, 0, len(found))
				for _, f := range found {
					list = append(list, shownFinding(f))
				}
				err = show(c, list, "no findings", []string{"ID", "STATE", "PROGRAM", "RULE", "RECORD", "OWNER", "SINCE", "DUE", "IN WORDS"}, func(f findingJSON) []string {
					return []string{f.ID, f.State, f.Program, f.Rule, f.Record, f.Owner, f.Opened, f.Due, f.Reason}
				})
				if err == nil && next != "" {
					fmt.Fprintf(c.errs, "more: --after %s\n", next)
				}
				return err
			})
		},
	}
	fl := v.Flags()
	fl.StringVar(&filter.State, "state", gateway.FindingOpen, "open, waived or closed; empty = all")
	fl.StringVar(&filter.Origin, "origin", "", "rules or night")
	fl.StringVar(&filter.Program, "program", "", "of one program")
	fl.StringVar(&filter.Rule, "rule", "", "of one rule, or one kind of the night")
	fl.StringVar(&filter.Owner, "owner", "", "whose next step it is")
	fl.BoolVar(&filter.Violations, "violations", false, "broken required rules only")
	fl.StringVar(&p.After, "after", "", "go on after this id")
	fl.IntVar(&p.Limit, "limit", 50, "at most so many")
	return v
}

func (c *cli) findingShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one finding with its source and its earlier openings", Args: args(1, 1, "the id of one finding"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				f, others, err := a.Store.Finding(ctx, nil, got[0])
				if err != nil {
					return err
				}
				list := []findingJSON{shownFinding(f)}
				for _, o := range others {
					list = append(list, shownFinding(o))
				}
				if c.opts.json {
					return c.printJSON(list)
				}
				fmt.Fprintf(c.out, "%s\n%s (%s)\nnext step: %s\n", f.Reason, f.Cites, f.Force, f.Owner)
				return show(c, list, "", []string{"ID", "STATE", "OPENED", "LAST SEEN", "CLOSED", "WAIVED TO", "BECAUSE"}, func(f findingJSON) []string {
					return []string{f.ID, f.State, f.Opened, f.Seen, f.Closed, f.WaivedTo, f.WaivedWhy}
				})
			})
		},
	}
}

func (c *cli) findingWaiveVerb() *cobra.Command {
	var until string
	var w gateway.Waiver
	v := &cobra.Command{
		Use: "waive ID", Short: "Let an open finding rest until a date", Args: args(1, 1, "the id of one finding"),
		RunE: func(cmd *cobra.Command, got []string) error {
			to, err := ledger.ParseDay(until)
			if err != nil {
				return usage("--until is no calendar date", "write it as 2026-11-30")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				w.ID, w.To, w.Today = got[0], to, ledger.DayOf(time.Now().In(a.Config.Rules.Zone))
				if err := a.Store.WaiveFinding(ctx, w); err != nil {
					return err
				}
				fmt.Fprintf(c.errs, "waived until %s\n", to)
				return nil
			})
		},
	}
	v.Flags().StringVar(&until, "until", "", "the last day it rests")
	v.Flags().StringVar(&w.Reason, "reason", "", "why; kept in the audit trail")
	v.Flags().StringVar(&w.Who, "who", "operator", "who decides; kept in the audit trail")
	return v
}
