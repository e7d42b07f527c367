package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/retention"
)

// retentionDeps is the store as the job of retention knows it.
func (a *App) retentionDeps() retention.Deps {
	const day = 24 * time.Hour
	r := a.Config.Retention
	d := retention.Deps{Store: a.Store, Dir: a.Config.Store.DataDir, Rules: retention.Rules{Payloads: time.Duration(r.PayloadDays) * day, Reports: time.Duration(r.ReportDays) * day,
		Runs: r.Runs, Children: time.Duration(r.ChildrenDays) * day, Rewrite: r.Rewrite}}
	if cache, ok := a.Hints.(retention.Cache); ok {
		d.Cache = cache
	}
	return d
}

// retain deletes what is due on the day of the slot.
func (a *App) retain(ctx context.Context, _ jobs.Slot, tell jobs.Tell) (string, error) {
	d := a.retentionDeps()
	d.Progress = func(what string, done int64) { tell(gateway.Progress{Step: what, Rows: done, Of: "rows"}) }
	r, err := retention.Run(ctx, d, a.Store.Now(), retention.Options{Who: a.name})
	if r == nil {
		return "", err
	}
	return r.String(), err
}

func (c *cli) retentionRunVerb() *cobra.Command {
	var o retention.Options
	v := &cobra.Command{
		Use: "run", Short: "Delete what has been kept long enough, and prove that it is gone", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				d, p := a.retentionDeps(), c.progress("purge")
				d.Progress = func(_ string, done int64) { p.at(done, -1) }
				r, err := retention.Run(ctx, d, a.Store.Now(), o)
				p.end()
				if r == nil {
					return err
				}
				if shown := c.showRetention(r); shown != nil {
					return shown
				}
				return err
			})
		},
	}
	v.Flags().BoolVar(&o.DryRun, "dry-run", false, "count what is due; delete nothing")
	v.Flags().StringVar(&o.Who, "who", "operator", "who asks for it; kept in the audit trail")
	return v
}

func (c *cli) showRetention(r *retention.Report) error {
	if c.opts.json {
		return c.printJSON(r)
	}
	t := &table{head: []string{"TABLE", "ROWS"}}
	for _, name := range slices.Sorted(maps.Keys(r.Rows)) {
		t.add(name, strconv.FormatInt(r.Rows[name], 10))
	}
	if err := c.print(t, "no child is due"); err != nil {
		return err
	}
	if r.DryRun {
		fmt.Fprint(c.out, "dry run, nothing deleted: ")
	}
	fmt.Fprintln(c.out, r)
	if p := r.Proof; p != nil {
		for _, at := range p.Found {
			fmt.Fprintf(c.out, "still there: %s %s, %d rows\n", at.Table, at.Column, at.Rows)
		}
		fmt.Fprintf(c.out, "looked for %d names and %d keys, %d were too short; digest %s\n", p.Names, p.Keys, p.Short, p.Digest)
	}
	return nil
}

func (c *cli) retentionListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the purges with their counts and proofs", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				texts, err := a.Store.RetentionRuns(ctx, 50)
				if err != nil {
					return err
				}
				list := make([]retention.Report, len(texts))
				for i, text := range texts {
					if err := json.Unmarshal(text, &list[i]); err != nil {
						return err
					}
				}
				return show(c, list, "nothing was purged yet", []string{"ID", "AT", "WHO", "IN WORDS"}, func(r retention.Report) []string {
					return []string{r.ID, when(r.At), r.Who, r.String()}
				})
			})
		},
	}
}

func (c *cli) holdAddVerb() *cobra.Command {
	var partner, member, reason, who string
	var all bool
	v := &cobra.Command{
		Use: "add", Short: "Keep the records of a child, or of all, from being purged", Args: args(0, 0, "no arguments; name the child with --partner and --member, or say --all"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				if all == (member != "") {
					return usage("a hold is on one child or on all", "give --member with --partner, or --all")
				}
				var child gateway.Identifier
				if !all {
					p, err := a.known(partner)
					if err != nil {
						return err
					}
					child = gateway.Identifier{System: p.MemberSystem, Value: member}
				}
				id, err := a.Store.AddHold(ctx, gateway.PartnerID(partner), child, reason, who)
				if err == nil {
					fmt.Fprintln(c.out, id)
				}
				return err
			})
		},
	}
	f := v.Flags()
	f.StringVar(&partner, "partner", "", "whose member id it is")
	f.StringVar(&member, "member", "", "the child's member id")
	f.BoolVar(&all, "all", false, "hold everything")
	f.StringVar(&reason, "reason", "", "why; kept in the audit trail")
	f.StringVar(&who, "who", "operator", "who decides; kept in the audit trail")
	return v
}

func (c *cli) holdReleaseVerb() *cobra.Command {
	var reason, who string
	v := &cobra.Command{
		Use: "release ID", Short: "End a legal hold", Args: args(1, 1, "the id of one hold"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return a.Store.ReleaseHold(ctx, got[0], reason, who) })
		},
	}
	v.Flags().StringVar(&reason, "reason", "", "why; kept in the audit trail")
	v.Flags().StringVar(&who, "who", "operator", "who decides; kept in the audit trail")
	return v
}

// holdJSON is a hold as the command line shows it: the child by the store's key.
type holdJSON struct {
	ID       string `json:"id"`
	Child    string `json:"child"` // empty = all
	Since    string `json:"since"`
	Who      string `json:"who"`
	Reason   string `json:"reason"`
	Released string `json:"released"`
}

func (c *cli) holdListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the legal holds", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				holds, err := a.Store.Holds(ctx)
				if err != nil {
					return err
				}
				list := make([]holdJSON, 0, len(holds))
				for _, h := range holds {
					list = append(list, holdJSON{h.ID, h.Person, when(h.At), h.Who, h.Reason, when(h.Released)})
				}
				return show(c, list, "no legal holds", []string{"ID", "CHILD", "SINCE", "WHO", "REASON", "RELEASED"}, func(h holdJSON) []string {
					return []string{h.ID, h.Child, h.Since, h.Who, h.Reason, h.Released}
				})
			})
		},
	}
}
