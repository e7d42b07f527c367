package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// replayFlags are the flags of a replay.
type replayFlags struct {
	byReason
	dry    bool
	detach bool
	pin    string
	perSec int
}

func (o *replayFlags) add(c *cli, v *cobra.Command) {
	o.byReason.add(c, v)
	v.Flags().BoolVar(&o.dry, "dry-run", false, "count and try, change nothing")
	v.Flags().IntVar(&o.perSec, "per-second", 0, "at most so many a second; 0 = no limit")
	v.Flags().BoolVar(&o.detach, "detach", false, "do not wait: a running server works on it")
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
				return c.replayed(ctx, a, o, &gateway.Job{Kind: gateway.JobMessages, Messages: filter}, func(order gateway.Order) (gateway.Summary, error) {
					return a.replay().Messages(ctx, filter, order)
				})
			})
		},
	}
	f.add(v)
	o.add(c, v)
	v.Flags().StringVar(&o.pin, "mapping", "", "mapping version to use, as message show names it; empty = the newest")
	return v
}

// summaryJSON is what a replay did, or would do.
type summaryJSON struct {
	Replay   gateway.JobID    `json:"replay,omitempty"`
	State    gateway.JobState `json:"state,omitempty"`
	DryRun   bool             `json:"dry_run"`
	Matched  int              `json:"matched"`
	Applied  int              `json:"applied"`
	Held     int              `json:"held"`
	Failed   int              `json:"failed"`
	Outcomes []outcomeJSON    `json:"outcomes"` // of those that were not applied, the first 1000
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

// replayed asks for a replay and follows it; with --dry-run it only says what
// would happen. preview runs a dry run.
func (c *cli) replayed(ctx context.Context, a *App, o replayFlags, j *gateway.Job, preview func(gateway.Order) (gateway.Summary, error)) error {
	p := c.progress("replayed")
	if o.dry {
		bad := []outcomeJSON{}
		sum, err := preview(gateway.Order{Reason: o.reason, Who: o.who, DryRun: true, Pin: o.pin, Report: func(out gateway.Outcome) {
			p.at(int64(out.Done), int64(out.Total))
			if out.Fault != nil && len(bad) < shownOutcomes {
				bad = append(bad, shownOutcome(out))
			}
		}})
		p.end()
		return errors.Join(err, c.printSummary(summaryJSON{DryRun: true, Matched: sum.Matched, Applied: sum.Applied, Held: sum.Held, Failed: sum.Failed, Outcomes: bad}))
	}
	j.Reason, j.Who, j.Pin, j.PerSec = o.reason, o.who, o.pin, o.perSec
	if err := a.countReplay(ctx, j); err != nil || j.Total == 0 {
		return errors.Join(err, c.printSummary(summaryJSON{Outcomes: []outcomeJSON{}}))
	}
	if err := a.addReplay(ctx, j); err != nil {
		return err
	}
	if o.detach {
		return c.printJob(ctx, a, j)
	}
	fmt.Fprintf(c.errs, "replay %s of %d; it goes on without you: `throughline replay pause|resume|abort %s`\n", j.ID, j.Total, j.ID)
	j, err := a.follow(ctx, j.ID, func(j *gateway.Job) { p.at(int64(j.Done), int64(j.Total)) })
	p.end()
	if err != nil {
		return err
	}
	notes, err := a.Store.JobNotes(ctx, j.ID)
	if err != nil {
		return err
	}
	s := summaryJSON{Replay: j.ID, State: j.State, Matched: j.Total, Applied: j.Applied, Held: j.Held, Failed: j.Failed, Outcomes: []outcomeJSON{}}
	for _, n := range notes {
		s.Outcomes = append(s.Outcomes, shownOutcome(n))
	}
	return c.printSummary(s)
}

func shownOutcome(out gateway.Outcome) outcomeJSON {
	return outcomeJSON{out.Message, out.Delivery, out.State, out.Fault.Code, shownIssues(out.Fault.Issues)}
}

func (c *cli) printOutcome(o outcomeJSON) {
	fmt.Fprintf(c.errs, "%s: %s\n", strings.TrimSpace(string(o.Message)+" "+string(o.Delivery)), o.Code)
	for _, i := range o.Issues {
		fmt.Fprintln(c.errs, indented(i.text()))
	}
}

// printSummary prints what became of a replay; its exit code says whether
// everything was applied.
func (c *cli) printSummary(s summaryJSON) error {
	if c.opts.json {
		return errors.Join(c.printJSON(s), s.verdict())
	}
	for _, o := range s.Outcomes {
		c.printOutcome(o)
	}
	how := ""
	switch {
	case s.DryRun:
		how = "dry run, nothing changed: "
	case s.State != "" && s.State != gateway.JobDone:
		how = string(s.State) + ": "
	}
	_, err := fmt.Fprintf(c.out, "%s%d matched, %d applied, %d held, %d failed\n", how, s.Matched, s.Applied, s.Held, s.Failed)
	return errors.Join(err, s.verdict())
}

func (s summaryJSON) verdict() error {
	switch {
	case s.Held+s.Failed == 0 && (s.State == "" || s.State == gateway.JobDone):
		return nil
	case s.Applied > 0:
		return silent(exitPartly)
	}
	return silent(exitFindings)
}
