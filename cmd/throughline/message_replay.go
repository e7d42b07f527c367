package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// replayFlags are the flags of a replay.
type replayFlags struct {
	byReason
	dry    bool
	pin    string
	perSec int
}

func (o *replayFlags) add(c *cli, v *cobra.Command) {
	o.byReason.add(c, v)
	v.Flags().BoolVar(&o.dry, "dry-run", false, "count and try, change nothing")
	v.Flags().IntVar(&o.perSec, "per-second", 0, "at most so many a second; 0 = no limit")
}

func (c *cli) messageReplayVerb() *cobra.Command {
	var f filterFlags
	var o replayFlags
	v := &cobra.Command{
		Use: "replay [MESSAGE...]", Short: "Apply messages again with the mapping of today, in order; without a choice, the held ones",
		RunE: func(cmd *cobra.Command, got []string) error {
			f.ids = got
			filter, err := f.filter()
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				return c.replayed(o, func(order gateway.Order) (gateway.Summary, error) { return a.replay().Messages(ctx, filter, order) })
			})
		},
	}
	f.add(v)
	o.add(c, v)
	v.Flags().StringVar(&o.pin, "pin", "", "mapping version to use, as message show names it; empty = the newest")
	return v
}

// summaryJSON is what a replay did, or would do.
type summaryJSON struct {
	DryRun   bool          `json:"dry_run"`
	Matched  int           `json:"matched"`
	Applied  int           `json:"applied"`
	Held     int           `json:"held"`
	Failed   int           `json:"failed"`
	Outcomes []outcomeJSON `json:"outcomes"` // of those that were not applied, the first 1000
}

type outcomeJSON struct {
	Message  gateway.MessageID  `json:"message"`
	Delivery gateway.DeliveryID `json:"delivery,omitempty"`
	State    gateway.State      `json:"state"`
	Code     gateway.Code       `json:"code"`
	Issues   []issueJSON        `json:"issues"`
}

// shownOutcomes bounds what is kept of a replay in memory.
const shownOutcomes = 1000

// replayed runs an order and tells how it went.
func (c *cli) replayed(o replayFlags, run func(gateway.Order) (gateway.Summary, error)) error {
	bad := []outcomeJSON{}
	p := c.progress("replayed")
	order := gateway.Order{Reason: o.reason, Who: o.who, DryRun: o.dry, Pin: o.pin, PerSec: o.perSec, Report: func(out gateway.Outcome) {
		p.at(int64(out.Done), int64(out.Total))
		if out.Fault != nil && len(bad) < shownOutcomes {
			bad = append(bad, outcomeJSON{out.Message, out.Delivery, out.State, out.Fault.Code, shownIssues(out.Fault.Issues)})
		}
	}}
	sum, err := run(order)
	p.end()
	if err != nil {
		return err
	}
	if err := c.printSummary(summaryJSON{o.dry, sum.Matched, sum.Applied, sum.Held, sum.Failed, bad}); err != nil {
		return err
	}
	switch {
	case sum.Held+sum.Failed == 0:
		return nil
	case sum.Applied > 0:
		return silent(exitPartly)
	}
	return silent(exitFindings)
}

func (c *cli) printSummary(s summaryJSON) error {
	if c.opts.json {
		return c.printJSON(s)
	}
	for _, o := range s.Outcomes {
		fmt.Fprintf(c.errs, "%s%s: %s\n", o.Message, o.Delivery, o.Code)
		for _, i := range o.Issues {
			fmt.Fprintln(c.errs, indented(i.text()))
		}
	}
	how := ""
	if s.DryRun {
		how = "dry run, nothing changed: "
	}
	_, err := fmt.Fprintf(c.out, "%s%d matched, %d applied, %d held, %d failed\n", how, s.Matched, s.Applied, s.Held, s.Failed)
	return err
}
