package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/jobs/compliance"
	"github.com/throughline/throughline/ledger"
)

// fundJSON is a flexible fund with its balance: the child by the key of the store,
// payments without their payees.
type fundJSON struct {
	Fund    string      `json:"fund_id"`
	Partner string      `json:"partner"`
	Person  string      `json:"person"`
	Program string      `json:"program"`
	Start   string      `json:"start"`
	End     string      `json:"end"`
	Budget  int64       `json:"budget_cents"`
	Spent   int64       `json:"spent_cents"`
	Left    int64       `json:"left_cents"`
	Spends  []spendJSON `json:"spends"`
}

type spendJSON struct {
	ID       string   `json:"id"`
	On       string   `json:"on"`
	Cents    int64    `json:"cents"`
	Approver string   `json:"approver_id,omitempty"`
	Verdicts []string `json:"verdicts,omitempty"`
}

func shownFund(f *compliance.Fund) fundJSON {
	wrong := map[string][]string{}
	for _, v := range f.Result.Findings {
		word := string(v.Verdict)
		if v.Over > 0 {
			word += " by " + dollars(v.Over)
		}
		wrong[v.Spend] = append(wrong[v.Spend], word)
	}
	out := fundJSON{Fund: f.Ledger.ID, Partner: string(f.Partner), Person: f.Person, Program: f.Program, Start: f.Ledger.Start.String(), End: f.Ledger.End.String(),
		Budget: f.Ledger.Cents, Spent: f.Result.Spent, Left: f.Result.Left, Spends: []spendJSON{}}
	for _, s := range f.Ledger.Spends {
		out.Spends = append(out.Spends, spendJSON{ID: s.ID, On: s.Date.String(), Cents: s.Cents, Approver: s.Approver, Verdicts: wrong[s.ID]})
	}
	return out
}

// dollars writes cents as dollars.
func dollars(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

func (c *cli) fundShowVerb() *cobra.Command {
	var partner, member, program, on string
	v := &cobra.Command{
		Use: "show [FUND]", Short: "Show the flexible funds: budget, spent, left, and what does not stand", Args: args(0, 1, "the id of one fund, or none"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				day := ledger.DayOf(time.Now().In(a.Config.Rules.Zone))
				if on != "" {
					var err error
					if day, err = ledger.ParseDay(on); err != nil {
						return usage("--on is no calendar date", "write it as 2026-11-30")
					}
				}
				funds, err := compliance.Funds(ctx, a.Store, math.MaxInt64, func(f *compliance.Fund) bool {
					return (len(got) == 0 || f.Ledger.ID == got[0]) && (partner == "" || string(f.Partner) == partner) && (member == "" || f.Member == member) &&
						(program == "" || f.Program == program) && (len(got) > 0 || on == "" || f.Ledger.Start <= day && day <= f.Ledger.End)
				})
				if err != nil {
					return err
				}
				return c.printFunds(funds, len(got) > 0)
			})
		},
	}
	fl := v.Flags()
	fl.StringVar(&partner, "partner", "", "sent by one partner")
	fl.StringVar(&member, "member", "", "of one child, by its member id")
	fl.StringVar(&program, "program", "", "of one program")
	fl.StringVar(&on, "on", "", "those whose period holds the date; default: all")
	return v
}

// printFunds prints a line for each fund; of one that was asked for, its payments too.
func (c *cli) printFunds(funds []compliance.Fund, payments bool) error {
	list := make([]fundJSON, 0, len(funds))
	for i := range funds {
		list = append(list, shownFund(&funds[i]))
	}
	err := show(c, list, "no flexible funds", []string{"FUND", "SENT BY", "PROGRAM", "FROM", "TO", "BUDGET", "SPENT", "LEFT", "NOT IN ORDER"}, func(f fundJSON) []string {
		wrong := 0
		for _, s := range f.Spends {
			wrong += min(1, len(s.Verdicts))
		}
		return []string{f.Fund, f.Partner, f.Program, f.Start, f.End, dollars(f.Budget), dollars(f.Spent), dollars(f.Left), counted(int64(wrong), "payment")}
	})
	if err != nil || !payments || c.opts.json {
		return err
	}
	for _, f := range list {
		for _, s := range f.Spends {
			fmt.Fprintf(c.out, "  %s  %s  %s  %s\n", s.ID, s.On, dollars(s.Cents), cmp.Or(strings.Join(s.Verdicts, ", "), "in order"))
		}
	}
	return nil
}
