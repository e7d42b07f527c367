package main

import (
	"context"
	"errors"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/pas"
	"github.com/throughline/throughline/store"
)

// reviews is a payer's work queue: for the console and for the command line. The
// decision itself goes through the gateway's door like every other.
type reviews struct{ app *App }

// Queue lists the requests to a payer that wait, or all of them.
func (r reviews) Queue(ctx context.Context, p gateway.PartnerID, all bool, page gateway.Paging) ([]console.Request, string, error) {
	state := gateway.AuthWaiting
	if all {
		state = ""
	}
	list, next, err := r.app.Store.RequestsTo(ctx, p, state, page)
	if err != nil {
		return nil, "", err
	}
	out := make([]console.Request, 0, len(list))
	for i := range list {
		one, err := r.app.withClocks(ctx, &list[i])
		if err != nil {
			return nil, "", err
		}
		out = append(out, *one)
	}
	return out, next, nil
}

// Request is one request to the payer.
func (r reviews) Request(ctx context.Context, p gateway.PartnerID, id string) (*console.Request, error) {
	a, err := r.authorization(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return r.app.withClocks(ctx, a)
}

// authorization is a request that the partner decides on; another's is absent.
func (r reviews) authorization(ctx context.Context, p gateway.PartnerID, id string) (*gateway.Authorization, error) {
	a, err := r.app.Store.Authorization(ctx, gateway.Caller{Partner: p}, id)
	if err == nil && a.Payer != p {
		err = gateway.Faultf("review", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no request of this id to you"})
	}
	return a, err
}

// Details is what the request says about the child. The look is in the audit
// trail before anything is shown.
func (r reviews) Details(ctx context.Context, p gateway.PartnerID, id, reason, who string) ([]console.Detail, error) {
	a, err := r.authorization(ctx, p, id)
	if err != nil {
		return nil, err
	}
	look := store.Look{At: time.Now(), Partner: p, Action: "read", Type: "authorization", ID: id, Outcome: auditSuccess, Detail: "request details by " + who + ": " + reason}
	if err := errors.Join(r.app.Store.Audit(ctx, look), r.app.Store.FlushAudit(ctx)); err != nil {
		return nil, err
	}
	body, err := r.app.Store.Submitted(ctx, a.Latest().Message)
	if err != nil {
		return nil, err
	}
	sent, issues := fhir.Parse(body, fhir.Limits{})
	if sent == nil { // it came as something else than FHIR: the ids are what there is
		if issues.Errors() {
			return []console.Detail{{Label: "Member", Text: a.Member.Value}, {Label: "Born", Text: a.Born}}, nil
		}
		return nil, nil
	}
	var out []console.Detail
	for _, d := range pas.Details(sent) {
		out = append(out, console.Detail(d))
	}
	return out, nil
}

// Decide sends a review through the gateway.
func (r reviews) Decide(ctx context.Context, p gateway.PartnerID, v *gateway.Review) error {
	a, err := r.authorization(ctx, p, v.Authorization)
	if err != nil {
		return err
	}
	m, issues := mappings.Review(v, a)
	if issues.Errors() {
		return &gateway.Fault{Op: "review", Code: gateway.Invalid, Issues: issues}
	}
	_, err = r.app.Gateway.Receive(ctx, m, func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
	return err
}

// Bases are the codes of what a denial or cut may rest on.
func (reviews) Bases() (out []console.Detail) {
	for _, c := range codes.Get("denial_basis").Codes {
		out = append(out, console.Detail{Label: c.Code, Text: c.Display})
	}
	return out
}

// withClocks is an authorization with its clocks, as of now.
func (a *App) withClocks(ctx context.Context, auth *gateway.Authorization) (*console.Request, error) {
	received, err := a.Store.ReceivedByPayer(ctx, auth)
	if err != nil {
		return nil, err
	}
	out := &console.Request{A: auth, Clocks: a.Config.Clocks.Clocks(auth, a.zoneOf(auth.Payer), func(m gateway.MessageID) time.Time { return received[m] })}
	out.Clock = gateway.Running(out.Clocks)
	if out.Clock != nil {
		out.State = out.Clock.State(time.Now())
	}
	if err := a.withSteps(ctx, out, time.Now()); err != nil {
		return nil, err
	}
	out.Wanted = wanted(auth)
	switch {
	case auth.State() != gateway.AuthWaiting:
		out.Next = "nothing: it is " + string(auth.State())
	case out.Asks():
		out.Next = "requester: " + out.Wanted
	default:
		out.Next = "payer: decide"
	}
	return out, nil
}

// zoneOf is the zone in which a payer's calendar days are counted.
func (a *App) zoneOf(p gateway.PartnerID) *time.Location {
	if partner, ok := a.partner(p); ok && partner.Zone != nil {
		return partner.Zone
	}
	if z := a.Config.Rules.Zone; z != nil {
		return z
	}
	return time.UTC
}

// wanted is the information the payer has asked for; empty when it only decides.
func wanted(a *gateway.Authorization) string {
	for i := range a.Items {
		if s := a.Items[i].Standing(); s != nil && s.Action == gateway.PendedAction && s.Note != "" {
			return s.Note
		}
	}
	return ""
}
