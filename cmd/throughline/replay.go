package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// replayRun works on replays in this process.
func (a *App) replayRun(holder string) *gateway.ReplayRun {
	return &gateway.ReplayRun{Jobs: a.Store, Replay: a.replay(), Leases: a.Store, Holder: holder, Log: a.Log}
}

// addReplay counts what is selected and keeps the replay, so that it runs.
// Without a state or ids, held messages and parked deliveries are meant.
func (a *App) addReplay(ctx context.Context, j *gateway.Job) error {
	j.ID = gateway.JobID("r" + uuid.NewString()[:13])
	if err := a.countReplay(ctx, j); err != nil {
		return err
	}
	if err := a.Store.AddJob(ctx, j); err != nil {
		return err
	}
	a.Hints.Wake(ctx, gateway.TopicReplay)
	return nil
}

func (a *App) countReplay(ctx context.Context, j *gateway.Job) (err error) {
	if j.Kind == gateway.JobDeliveries {
		j.Deliveries.State, j.Total = "parked", 0
		_, err = pages(0, func(p gateway.Paging) ([]gateway.DeliveryStatus, string, error) {
			page, next, err := a.Store.ListDeliveries(ctx, j.Deliveries, p)
			j.Total += len(page)
			return nil, next, err
		})
		return err
	}
	if j.Messages.State == "" && len(j.Messages.IDs) == 0 {
		j.Messages.State = gateway.Held
	}
	j.Total, j.Messages.UpTo, err = a.Store.CountMessages(ctx, j.Messages)
	return err
}

// followEvery is how often the row of a replay is looked at that runs elsewhere.
const followEvery = 200 * time.Millisecond

// follow tells how a replay comes along until it ends or is paused. Where no
// server runs, this process does the work.
func (a *App) follow(ctx context.Context, id gateway.JobID, report func(*gateway.Job)) (*gateway.Job, error) {
	run := a.replayRun(a.name + "/cli")
	run.Report = report
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if a.breakers == nil { // nobody serves in this process
			if err := run.Once(ctx); err != nil {
				return nil, err
			}
		}
		j, err := a.Store.Job(ctx, id)
		if err != nil || j.State != gateway.JobRunning {
			return j, err
		}
		report(j)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// jobJSON is a replay as its operator sees it.
type jobJSON struct {
	ID       gateway.JobID    `json:"id"`
	Kind     gateway.JobKind  `json:"kind"`
	State    gateway.JobState `json:"state"`
	Reason   string           `json:"reason"`
	Who      string           `json:"who"`
	Mapping  string           `json:"mapping"` // empty = the newest
	PerSec   int              `json:"per_second"`
	Total    int              `json:"total"`
	Done     int              `json:"done"`
	Applied  int              `json:"applied"`
	Held     int              `json:"held"`
	Failed   int              `json:"failed"`
	Created  time.Time        `json:"created"`
	Finished string           `json:"finished"`
}

func shownJob(j *gateway.Job) jobJSON {
	return jobJSON{j.ID, j.Kind, j.State, j.Reason, j.Who, j.Pin, j.PerSec, j.Total, j.Done, j.Applied, j.Held, j.Failed, j.Created, when(j.Finished)}
}

func (c *cli) replayListVerb() *cobra.Command {
	var limit int
	v := &cobra.Command{
		Use: "list", Short: "List replays, newest first", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				found, err := a.Store.Replays(ctx, limit)
				if err != nil {
					return err
				}
				var list []jobJSON
				for _, j := range found {
					list = append(list, shownJob(j))
				}
				return show(c, list, "nothing was replayed yet", []string{"ID", "KIND", "STATE", "DONE", "APPLIED", "HELD", "FAILED", "ASKED", "WHO", "REASON"}, func(j jobJSON) []string {
					return []string{string(j.ID), string(j.Kind), string(j.State), fmt.Sprintf("%d/%d", j.Done, j.Total), strconv.Itoa(j.Applied), strconv.Itoa(j.Held), strconv.Itoa(j.Failed), when(j.Created), j.Who, j.Reason}
				})
			})
		},
	}
	v.Flags().IntVar(&limit, "limit", 20, "at most so many")
	return v
}

func (c *cli) replayShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show REPLAY", Short: "How far a replay has come, and what it could not apply", Args: args(1, 1, "the id of one replay"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				j, err := a.Store.Job(ctx, gateway.JobID(got[0]))
				if err != nil {
					return err
				}
				return c.printJob(ctx, a, j)
			})
		},
	}
}

// jobShown is a replay with what went wrong in it.
type jobShown struct {
	jobJSON
	Outcomes []outcomeJSON `json:"outcomes"`
}

func (c *cli) printJob(ctx context.Context, a *App, j *gateway.Job) error {
	notes, err := a.Store.JobNotes(ctx, j.ID)
	if err != nil {
		return err
	}
	out := jobShown{shownJob(j), []outcomeJSON{}}
	for _, n := range notes {
		out.Outcomes = append(out.Outcomes, shownOutcome(n))
	}
	if c.opts.json {
		return c.printJSON(out)
	}
	for _, o := range out.Outcomes {
		c.printOutcome(o)
	}
	_, err = fmt.Fprintf(c.out, "replay %s %s: %d of %d, %d applied, %d held, %d failed\n", j.ID, j.State, j.Done, j.Total, j.Applied, j.Held, j.Failed)
	return err
}

// replayMoveVerb is pause, resume or abort.
func (c *cli) replayMoveVerb(use, short string, to gateway.JobState) *cobra.Command {
	return c.byID(use+" REPLAY", short, "replay", func(ctx context.Context, a *App, id string, b byReason) error {
		if err := a.Store.MoveJob(ctx, gateway.JobID(id), to, b.reason, b.who); err != nil {
			return err
		}
		a.Hints.Wake(ctx, gateway.TopicReplay)
		if c.opts.json {
			return c.printJSON(map[string]string{"id": id, "state": string(to)})
		}
		_, err := fmt.Fprintf(c.out, "replay %s is %s\n", id, to)
		return err
	})
}
