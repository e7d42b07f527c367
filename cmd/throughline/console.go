package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// console puts the pages together for whoever comes by the network.
func (s *server) console() (http.Handler, error) {
	a := s.app
	return console.New(console.Deps{
		Flows: a.Store, Desk: desk{a}, Reviews: reviews{a}, Worklists: worklists{a}, Findings: findings{a.Store}, Reports: reportDesk{a}, Zone: a.Config.Rules.Zone, Sessions: sessions{a.Store}, Tokens: a.tokens(), Partner: a.partner, Limiter: a.Hints,
		Secure: a.Config.Server.TLS.Cert != "" || strings.HasPrefix(a.Config.Server.BaseURL, "https://"), Version: version, Log: a.Log, Now: func() time.Time { return a.Store.Now() },
	})
}

// findings are those of the store, and their table.
type findings struct{ *store.Store }

// WriteFindings writes the table of findings.
func (findings) WriteFindings(w io.Writer, each func(add func(*gateway.Finding)) error) error {
	table := reports.NewFindingsCSV(w)
	if err := each(table.Add); err != nil {
		return err
	}
	return table.End()
}

// sessions keeps the console's sessions in the store.
type sessions struct{ store *store.Store }

// AddSession keeps a session.
func (s sessions) AddSession(ctx context.Context, secret string, v console.Session) error {
	return s.store.AddSession(ctx, secret, store.Session{Partner: v.Partner, Who: v.Who, CSRF: v.CSRF, Expires: v.Expires})
}

// Session finds a session.
func (s sessions) Session(ctx context.Context, secret string, idle time.Duration) (*console.Session, error) {
	v, err := s.store.Session(ctx, secret, idle)
	if err != nil {
		return nil, err
	}
	return &console.Session{Partner: v.Partner, Who: v.Who, CSRF: v.CSRF, Expires: v.Expires}, nil
}

// EndSession logs out.
func (s sessions) EndSession(ctx context.Context, secret, who string) error {
	return s.store.EndSession(ctx, secret, who)
}

// desk is what people do at the console: the same acts as on the command line.
type desk struct{ app *App }

// Act does one thing to one delivery or message.
func (d desk) Act(ctx context.Context, act, id, reason, who string) error {
	s := d.app.Store
	switch act {
	case "redeliver":
		list, _, err := s.ListDeliveries(ctx, gateway.DeliveryFilter{ID: gateway.DeliveryID(id)}, gateway.Paging{Limit: 1})
		if err == nil {
			err = s.Release(ctx, gateway.DeliveryID(id), reason, who)
		}
		if err == nil && len(list) == 1 {
			d.app.Hints.Wake(ctx, gateway.TopicDrain(list[0].Lane.Partner))
		}
		return err
	case "skip":
		return s.Skip(ctx, gateway.DeliveryID(id), reason, who)
	case "hold":
		return s.Park(ctx, gateway.DeliveryID(id), reason, who)
	case "discard":
		return s.Discard(ctx, gateway.MessageID(id), reason, who)
	}
	return gateway.Faultf("console", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "the act " + act})
}

// tried is how many messages a preview tries.
const tried = 100

// Preview counts what a replay selects, and tries the first messages of it
// without changing anything.
func (d desk) Preview(ctx context.Context, j *gateway.Job) (gateway.Summary, []gateway.Outcome, error) {
	if err := d.app.countReplay(ctx, j); err != nil || j.Kind == gateway.JobDeliveries || j.Total == 0 {
		return gateway.Summary{}, nil, err
	}
	first, _, err := d.app.Store.Messages(ctx, j.Messages, gateway.Paging{Limit: tried})
	if err != nil {
		return gateway.Summary{}, nil, err
	}
	var f gateway.MessageFilter
	for _, m := range first {
		f.IDs = append(f.IDs, m.ID)
	}
	var faults []gateway.Outcome
	order := gateway.Order{Reason: "preview", Who: j.Who, DryRun: true, Pin: j.Pin, Report: func(o gateway.Outcome) {
		if o.Fault != nil && len(faults) < 10 {
			faults = append(faults, o)
		}
	}}
	sum, err := d.app.replay().Messages(ctx, f, order)
	return sum, faults, err
}

// StartReplay keeps a replay, so that it runs.
func (d desk) StartReplay(ctx context.Context, j *gateway.Job) error { return d.app.addReplay(ctx, j) }

// MoveJob pauses, resumes or aborts a replay.
func (d desk) MoveJob(ctx context.Context, id gateway.JobID, to gateway.JobState, reason, who string) error {
	err := d.app.Store.MoveJob(ctx, id, to, reason, who)
	d.app.Hints.Wake(ctx, gateway.TopicReplay)
	return err
}

// Body gives a message as it was received. The look is in the audit trail before
// anything is shown.
func (d desk) Body(ctx context.Context, id gateway.MessageID, reason, who string) ([]byte, error) {
	r, err := d.app.Store.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	look := store.Look{At: time.Now(), Partner: gateway.PartnerID(who), Action: "read", Type: "message", ID: string(id), Outcome: auditSuccess, Detail: "body: " + reason}
	if err := errors.Join(d.app.Store.Audit(ctx, look), d.app.Store.FlushAudit(ctx)); err != nil {
		return nil, err
	}
	return r.Message.Body, nil
}

// Trail is what the audit trail knows about one message.
func (d desk) Trail(ctx context.Context, id gateway.MessageID) ([]console.Step, error) {
	rows, _, err := d.app.Store.AuditTrail(ctx, store.AuditFilter{Message: id}, gateway.Paging{Limit: 200})
	var out []console.Step
	for _, r := range slices.Backward(rows) {
		if r.Type != "delivery" && r.Action != "replay" && r.Action != "discard" {
			continue
		}
		out = append(out, console.Step{At: r.At, What: r.Action, Text: strings.TrimSpace(string(r.Partner) + ": " + r.Detail), Alarm: r.Outcome == auditSerious})
	}
	return out, err
}

// Partners are all partners.
func (d desk) Partners(context.Context) []*gateway.Partner { return d.app.partners() }

// Breakers are those of this instance.
func (d desk) Breakers() map[gateway.PartnerID]string {
	if d.app.breakers == nil {
		return nil
	}
	return d.app.breakers()
}

// Schedules are the clock-driven jobs and the polls of partners.
func (d desk) Schedules(ctx context.Context) ([]console.Schedule, error) {
	list, err := d.app.schedules(ctx)
	out := make([]console.Schedule, 0, len(list))
	for i := range list {
		s := &list[i]
		shown := console.Schedule{Name: s.Name, Job: s.Job, Times: s.Times, Zone: s.Zone, Last: s.Last, State: s.State, Result: s.Result, Next: s.Next,
			Took: time.Duration(s.TookMS) * time.Millisecond, Progress: s.Progress, Poll: s.Missed == ""}
		if !shown.Poll {
			shown.Missed = jobs.Missed(s.Missed).Words()
		}
		for n := range s.runs[:min(len(s.runs), 10)] {
			r := &s.runs[n]
			shown.Runs = append(shown.Runs, console.ScheduleRun{Slot: r.Slot, State: runState(r, d.app.Store.Now()), Took: tookOf(r), Tries: r.Attempts, Result: r.Result})
		}
		out = append(out, shown)
	}
	return out, err
}

// RunNow makes a schedule due.
func (d desk) RunNow(ctx context.Context, name, reason, who string) error {
	_, err := d.app.runNow(ctx, name, reason, who)
	return err
}

// Night is the latest published run.
func (d desk) Night(ctx context.Context) (*console.Night, error) {
	run, err := d.app.Store.LastRun(ctx)
	if err != nil || !run.Published {
		if err != nil && gateway.FaultOf(err).Code != gateway.NotFound {
			return nil, err
		}
		return nil, nil
	}
	s := run.Summary
	out := &console.Night{AsOf: run.AsOf.String(), Run: run.ID, Rules: s.Rules, Children: s.Children, Lines: s.RowsOut,
		Approved: s.Auths.Units, Used: s.Auths.Used, Expiring: s.Auths.Expiring, Under: s.Auths.UnderUsed, Report: exists(d.reportPath(run.AsOf.String()))}
	for v, n := range s.Verdicts {
		out.Verdicts = append(out.Verdicts, console.Verdict{Name: string(v), Lines: n.Lines, Matched: n.Matched})
	}
	slices.SortFunc(out.Verdicts, func(a, b console.Verdict) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (d desk) reportPath(asOf string) string {
	return filepath.Join(d.app.Config.Store.DataDir, "reports", asOf, "report.html")
}

// Report is the page a run has written on this machine.
func (d desk) Report(_ context.Context, asOf string) ([]byte, error) {
	day, err := ledger.ParseDay(asOf)
	if err != nil {
		return nil, gateway.Faultf("console", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no such date"})
	}
	body, err := os.ReadFile(d.reportPath(day.String()))
	if errors.Is(err, os.ErrNotExist) {
		return nil, gateway.Faultf("console", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no report of this date on this machine", Fix: fmt.Sprintf("run throughline reconcile export --as-of %s", day)})
	}
	return body, err
}
