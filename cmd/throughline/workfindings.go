package main

import (
	"context"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// worklistFindings is how many findings a worklist shows, those due first.
const worklistFindings = 200

// dueSoon is from how many days before its due day on a finding is pressing.
const dueSoon = 7

// findings are those that the partner may see and whose next step is its own, those
// due first.
func (w worklists) findings(ctx context.Context, p *gateway.Partner) (out []console.Work, err error) {
	owner := console.FindingOwner(p.Kind)
	if owner == "" {
		return nil, nil
	}
	caller, zone := p.Caller(), w.app.Config.Rules.Zone
	list, next, err := w.app.Store.Findings(ctx, &caller, gateway.FindingFilter{State: gateway.FindingOpen, Owner: owner, Nearest: true}, gateway.Paging{Limit: worklistFindings})
	if err != nil {
		return nil, err
	}
	today := ledger.DayOf(w.app.Store.Now().In(zone))
	for _, f := range list {
		out = append(out, findingWork(f, today, zone))
	}
	if next != "" {
		out = append(out, console.Work{What: "findings", Text: "more than are shown here", On: owner, State: gateway.FindingOpen, Next: "see the list of findings", Link: console.FindingsOf(owner)})
	}
	return out, nil
}

func findingWork(f *gateway.Finding, today ledger.Day, zone *time.Location) console.Work {
	out := console.Work{What: "finding", Record: f.Record, Text: f.Reason, On: f.Owner, Since: midnight(f.Opened, zone), State: f.State, Next: f.Next(), Link: console.Path + "/findings/" + f.ID}
	if out.Record == "" {
		out.Record = f.Program
	}
	if f.Due == 0 {
		return out
	}
	out.Due, out.DueDay, out.State = midnight(f.Due+1, zone), f.Due, "in time"
	switch {
	case f.Overdue(today):
		out.State = "overdue"
	case f.Due-today <= dueSoon:
		out.State = "due soon"
	}
	return out
}

// midnight is when a day begins in a zone.
func midnight(d ledger.Day, zone *time.Location) time.Time {
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}
