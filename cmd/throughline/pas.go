package main

import (
	"context"
	"slices"

	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/adapters/subscriber"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/x12"
)

// pasWire asks payers by Da Vinci PAS; what they answer comes in by our own door.
func (a *App) pasWire() gateway.Wire {
	return gateway.Wire{Render: pas.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		return pas.New(p, pas.Options{Receive: func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
			return a.Gateway.Receive(ctx, m, func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
		}})
	}}
}

// followers learn what becomes of requests that payers with a PAS server have
// pended.
func (a *App) followers(base string) (out []gateway.Service) {
	for _, p := range a.partners() {
		if p.Deliver == nil || p.Deliver.Wire != "pas" {
			continue
		}
		out = append(out, &pas.Follower{Payer: p, Store: a.Store, Leases: a.Store, Receive: a.receiver(), Base: base, Organizations: a.requesters(),
			Token: a.Config.Tokens[p.ID], Holder: a.name, Log: a.Log})
	}
	return out
}

// requesters are the NPIs of those who ask payers.
func (a *App) requesters() (out []string) {
	for _, p := range a.partners() {
		for _, id := range p.Identifiers {
			if id.System == gateway.NPI && p.MaySend("fhir/pas-submit") && !slices.Contains(out, id.Value) {
				out = append(out, id.Value)
			}
		}
	}
	slices.Sort(out)
	return out
}

// requestBundle is the PAS Bundle of a request that came as X12 278: the same
// that it was taken in as.
func (a *App) requestBundle(m *gateway.Message) ([]byte, error) {
	p, ok := a.partner(m.Partner)
	if !ok || m.Kind != "x12/278" {
		return nil, gateway.Faultf("pas", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "a request that came as " + string(m.Kind), Allowed: "requests by FHIR and X12 278", Fix: "ask by the wire it came by"})
	}
	b, issues := x12.PASBundle(m.Body, p)
	if b == nil {
		return nil, &gateway.Fault{Op: "pas", Code: gateway.Internal, Issues: issues}
	}
	return b.JSON, nil
}

// notifier tells subscribers what became of their pended requests. Those of the
// world of tests are told at the endpoints they gave with a test credential, and
// every notification is marked as a test.
func (a *App) notifier(base string) *subscriber.Service {
	mark := ""
	if a.Test {
		mark = testHeader
	}
	return &subscriber.Service{Mark: mark, Store: a.Store, Hints: a.Hints, Partners: a.partner, Base: base, Networks: a.Config.Server.SubscriptionNetworks,
		Holder: a.name, Now: a.Store.Now, Log: a.Log}
}
