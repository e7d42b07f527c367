package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/jobs/reconcile"
)

func (c *cli) reconcileExplainVerb() *cobra.Command {
	var f runFlags
	var partner string
	v := &cobra.Command{
		Use: "explain LINE", Short: "Why one line got its verdict: the line, the authorizations, the rule", Args: args(1, 1, "the id of one service line"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				run, err := f.find(ctx, a)
				if err != nil {
					return err
				}
				e, err := reconcile.Explain(ctx, a.reconcileDeps(), run, nil, partner, got[0])
				if err != nil {
					return err
				}
				return c.printExplanation(e)
			})
		},
	}
	f.add(v, "the date of the run; default: the latest")
	v.Flags().StringVar(&partner, "partner", "", "who sent the line, when its id is not the only one")
	return v
}

func (c *cli) printExplanation(e *reconcile.Explanation) error {
	if c.opts.json {
		return c.printJSON(e)
	}
	fmt.Fprintf(c.out, "line        %s from %s, version %d\n", e.Line, e.Partner, e.Version)
	fmt.Fprintf(c.out, "service     %s, %s %s by %s, %s %s\n", e.Date, e.Code, e.Mods, e.Provider, e.Units, e.Unit)
	fmt.Fprintf(c.out, "verdict     %s: %d of %d units matched %s\n", e.Verdict, e.Matched, e.Needed, strings.Join(e.Flags, " "))
	fmt.Fprintf(c.out, "reason      %s\nrule        %s\n", e.Reason, e.Rule)
	for _, s := range e.Splits {
		fmt.Fprintf(c.out, "gave        %s from %s: %d units\n", s.Auth, s.Partner, s.Units)
	}
	for _, p := range e.Auths {
		fmt.Fprintf(c.out, "evidence    %s from %s, %s, %s %s, %s to %s: %d of %d units left; version %d\n",
			p.Auth, p.Partner, p.Status, p.Code, p.Mods, p.Start, orOpen(p.End), p.Remaining, p.Units, p.Version)
	}
	fmt.Fprintf(c.out, "run         %s as of %s, known by %d, rules %s\n", e.Run, e.AsOf, e.Known, e.Rules)
	return nil
}
