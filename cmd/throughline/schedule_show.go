package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/store"
)

// scheduleView is a schedule, or a poll, with its last and its next time. Last
// and Next are wall clock in Zone.
type scheduleView struct {
	Name     string            `json:"name"`
	Job      string            `json:"job"`
	Times    string            `json:"times"`
	Zone     string            `json:"zone"`
	Missed   string            `json:"missed"` // what becomes of missed slots; empty for polls
	Last     string            `json:"last"`   // empty = never ran
	State    string            `json:"state"`  // running, waiting (to begin, or to be tried again), done, failed
	Result   string            `json:"result"`
	Finished string            `json:"finished"`
	TookMS   int64             `json:"took_ms"` // of the last run that is over
	Next     string            `json:"next"`
	Progress *gateway.Progress `json:"progress,omitempty"` // of a run at work
	PerSec   float64           `json:"rows_per_second,omitempty"`
	LeftMS   int64             `json:"left_ms,omitempty"` // at the pace so far

	runs []store.SlotRun
}

// schedules are the clock-driven jobs and the polls of partners.
func (a *App) schedules(ctx context.Context) ([]scheduleView, error) {
	out := make([]scheduleView, 0, len(a.Config.Schedules))
	for _, s := range a.Config.Schedules {
		one, err := a.scheduleView(ctx, s)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	polls, err := a.polls(ctx)
	return append(out, polls...), err
}

func (a *App) scheduleView(ctx context.Context, s config.Schedule) (scheduleView, error) {
	out := scheduleView{Name: s.Name, Job: s.Job, Times: s.Cron, Zone: s.Zone.String(), Missed: s.Missed}
	times, err := jobs.ParseCalendar(s.Cron, s.Zone)
	if err != nil {
		return out, err
	}
	for _, slot := range times.Next(time.Now(), 1) {
		out.Next = slot.String()
	}
	if out.runs, err = a.Store.SlotRuns(ctx, s.Name, 20); err != nil {
		return out, err
	}
	out.runs = trueRuns(out.runs)
	if len(out.runs) == 0 {
		return out, nil
	}
	last := &out.runs[0]
	out.Last, out.State, out.Result, out.Finished = last.Slot, runState(last, a.Store.Now()), last.Result, when(last.Finished)
	if took := tookOf(last); took > 0 {
		out.TookMS = took.Milliseconds()
	}
	if p := last.Progress; p != nil && out.State == "running" {
		out.Progress, out.PerSec, out.LeftMS = p, p.PerSecond(), p.Left().Milliseconds()
	}
	return out, nil
}

// runState is what became of a slot, in a word. A row that says running and that
// nobody holds waits to begin, or for its next try.
func runState(r *store.SlotRun, now time.Time) string {
	if r.State == "running" && !r.Busy(now) {
		return "waiting"
	}
	return r.State
}

func tookOf(r *store.SlotRun) time.Duration {
	if r.Finished.IsZero() || r.State == "running" {
		return 0
	}
	return r.Finished.Sub(r.Started).Round(time.Millisecond)
}

// trueRuns leaves out rows that only say where the calendar begins.
func trueRuns(runs []store.SlotRun) (out []store.SlotRun) {
	for i := range runs {
		if runs[i].State != "installed" {
			out = append(out, runs[i])
		}
	}
	return out
}

// progressWords says how far a job has come in one line.
func progressWords(p *gateway.Progress) string {
	if p == nil {
		return ""
	}
	words := []string{p.Step}
	if p.Total > 0 {
		words = append(words, fmt.Sprintf("%d of %d %s", p.Done, p.Total, p.Unit))
	}
	if p.Rows > 0 {
		words = append(words, fmt.Sprintf("%d %s", p.Rows, p.Of))
	}
	if rate := p.PerSecond(); rate > 0 {
		words = append(words, fmt.Sprintf("%.0f %s/s", rate, p.Of))
	}
	if left := p.Left(); left > 0 {
		words = append(words, left.Round(time.Second).String()+" left")
	}
	return strings.Join(words, ", ")
}

func (c *cli) scheduleListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the schedules and the polls of partners: last, next, duration, result, and how far one at work has come", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := a.schedules(ctx)
				if err != nil {
					return err
				}
				return show(c, list, "no schedules are configured", []string{"NAME", "TIMES", "ZONE", "MISSED", "LAST", "STATE", "TOOK", "NEXT", "RESULT"}, func(s scheduleView) []string {
					took, result := "", s.Result
					if s.TookMS > 0 {
						took = (time.Duration(s.TookMS) * time.Millisecond).String()
					}
					if s.Progress != nil {
						result = progressWords(s.Progress)
					}
					return []string{s.Name, s.Times, s.Zone, s.Missed, s.Last, s.State, took, s.Next, result}
				})
			})
		},
	}
}

// runJSON is one run of a schedule.
type runJSON struct {
	Slot     string `json:"slot"`
	State    string `json:"state"`
	Started  string `json:"started"`
	Finished string `json:"finished"`
	TookMS   int64  `json:"took_ms"`
	Tries    int    `json:"tries"`
	Holder   string `json:"holder"`
	Result   string `json:"result"`
}

func (c *cli) scheduleShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show the last runs of a schedule", Args: args(1, 1, "the name of one schedule"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				s, err := a.schedule(got[0])
				if err != nil {
					return err
				}
				one, err := a.scheduleView(ctx, *s)
				if err != nil {
					return err
				}
				list := make([]runJSON, 0, len(one.runs))
				for i := range one.runs {
					r := &one.runs[i]
					list = append(list, runJSON{Slot: r.Slot, State: runState(r, a.Store.Now()), Started: when(r.Started), Finished: when(r.Finished), TookMS: tookOf(r).Milliseconds(),
						Tries: r.Attempts, Holder: r.Holder, Result: r.Result})
				}
				if !c.opts.json {
					fmt.Fprintf(c.out, "%s: job %s at %s (%s), next %s; after missed slots it %s\n", one.Name, one.Job, one.Times, one.Zone, one.Next, jobs.Missed(one.Missed).Words())
					if one.Progress != nil {
						fmt.Fprintf(c.out, "at work: %s\n", progressWords(one.Progress))
					}
				}
				return show(c, list, "it never ran", []string{"SLOT", "STATE", "STARTED", "TOOK", "TRIES", "RESULT"}, func(r runJSON) []string {
					return []string{r.Slot, r.State, r.Started, (time.Duration(r.TookMS) * time.Millisecond).String(), fmt.Sprint(r.Tries), r.Result}
				})
			})
		},
	}
}

// schedule finds one by its name.
func (a *App) schedule(name string) (*config.Schedule, error) {
	for i := range a.Config.Schedules {
		if a.Config.Schedules[i].Name == name {
			return &a.Config.Schedules[i], nil
		}
	}
	return nil, gateway.Faultf("schedule", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no schedule of this name", Fix: "see throughline schedule list"})
}
