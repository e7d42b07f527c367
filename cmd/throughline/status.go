package main

import (
	"context"
	"net/url"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/hl7v2"
	"github.com/throughline/throughline/store"
)

// ask answers REF^I15, the question for the status of a referral, in the world
// the question belongs to. A referral that is not there and one that the partner
// may not see are the same: not found.
func (a *App) ask(ctx context.Context, p *gateway.Partner, m *gateway.Message) (func(*er7.Message), error) {
	if m.Kind != hl7v2.Question {
		return nil, nil
	}
	number, ours, err := hl7v2.Asked(m.Body, p)
	if err != nil {
		return nil, err
	}
	w := a.world(m.Test)
	task, err := w.referralOf(ctx, p, number, ours)
	if err != nil {
		return nil, err
	}
	d := &gateway.Delivery{Items: []gateway.Item{{Type: "Task", ID: task.ID, Version: task.Version, Verb: gateway.Updated}},
		Resources: []*fhir.Resource{{Type: "Task", ID: task.ID, JSON: task.JSON}}}
	if err := w.Store.Refer(ctx, d, w.caller(p.ID)); err != nil {
		return nil, err
	}
	look := store.Look{At: time.Now(), Partner: p.ID, Action: "read", Type: "Task", ID: task.ID, Outcome: auditSuccess, Detail: "REF^I15"}
	if err := w.Store.Audit(ctx, look); err != nil {
		return nil, err
	}
	return func(reply *er7.Message) { hl7v2.Status(reply, d, p) }, nil
}

// referralOf is the Task of a referral that the partner may see: ours by its id,
// else the one the partner itself gave the number, else the one somebody else did.
func (a *App) referralOf(ctx context.Context, p *gateway.Partner, number string, ours bool) (*gateway.Stored, error) {
	if ours {
		st, err := a.Store.Read(ctx, a.caller(p.ID), "Task", number)
		if err != nil && gateway.FaultOf(err).Code != gateway.NotFound && gateway.FaultOf(err).Code != gateway.Gone {
			return nil, err
		}
		if err != nil || !gateway.IsReferral(&fhir.Resource{Type: "Task", ID: st.ID, JSON: st.JSON}) {
			return nil, noReferral()
		}
		return st, nil
	}
	for _, token := range []string{codes.Own(string(p.ID), "referral") + "|" + search.Escape(number), search.Escape(number)} {
		q, issues := search.Parse("Task", url.Values{"identifier": {token}}, search.Options{})
		if issues.Errors() {
			return nil, noReferral()
		}
		page, err := a.Store.Search(ctx, a.caller(p.ID), q)
		if err != nil {
			return nil, err
		}
		if len(page.Matches) == 1 {
			return &page.Matches[0], nil
		}
		if len(page.Matches) > 1 {
			return nil, gateway.Faultf("ask", gateway.Ambiguous, fhir.Issue{Code: "multiple-matches", Path: "RF1-6", Found: "a number that several referrals have",
				Allowed: "your own number, or ours with " + hl7v2.Namespace, Fix: "ask by RF1-11 of the RRI that you got"})
		}
	}
	return nil, noReferral()
}

func noReferral() error {
	return gateway.Faultf("ask", gateway.NotFound, fhir.Issue{Code: "not-found", Path: "RF1-6", Found: "no referral of this number that you may see",
		Allowed: "a number of yours, or ours with " + hl7v2.Namespace, Fix: "compare it with the REF or the RRI"})
}
