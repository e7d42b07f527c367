package main

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// hints are the powers that Redis or this process itself has: remember keys,
// count requests, wake others.
type hints interface {
	gateway.Deduper
	gateway.Hints
	access.Limiter
}

// caller is what a partner may see; one that is not configured sees nothing.
func (a *App) caller(id gateway.PartnerID) gateway.Caller {
	if p, ok := a.partner(id); ok {
		return p.Caller()
	}
	return gateway.Caller{Partner: id}
}

// authority says whose word about a relation is enough: the state's always, a
// payer's about enrollment and authorizations of its own.
func (a *App) authority(id gateway.PartnerID, r gateway.Relation) bool {
	p, ok := a.partner(id)
	if !ok {
		return false
	}
	switch p.Kind {
	case gateway.StateAgency:
		return true
	case gateway.MCO:
		return (r.Why == "enrollment" || r.Why == "authorization") && ownPayer(p, r)
	}
	return false
}

// ownPayer says that a relation is about a payer the partner answers for: it is
// the payer's own, or follows from an enrollment of it (Ref "payer|program|start").
func ownPayer(p *gateway.Partner, r gateway.Relation) bool {
	return slices.ContainsFunc(p.Payers, func(payer string) bool {
		return r.Scope == gateway.ScopePayer(payer) || strings.HasPrefix(r.Ref, payer+"|")
	})
}

// tokens finds the partner of a bearer token: one of the configuration, or one
// the store has issued. Only hashes are compared.
type tokens struct {
	fixed map[[sha256.Size]byte]gateway.PartnerID
	store *store.Store
}

func (a *App) tokens() tokens {
	t := tokens{fixed: map[[sha256.Size]byte]gateway.PartnerID{}, store: a.Store}
	for id, token := range a.Config.Tokens {
		t.fixed[sha256.Sum256([]byte(token))] = id
	}
	return t
}

// Authenticate finds the partner.
func (t tokens) Authenticate(ctx context.Context, token string) (gateway.PartnerID, error) {
	if id, ok := t.fixed[sha256.Sum256([]byte(token))]; ok {
		return id, nil
	}
	return t.store.Authenticate(ctx, token)
}

// auditor keeps looks at records in the store's audit trail.
type auditor struct{ store *store.Store }

// Outcomes of http://hl7.org/fhir/audit-event-outcome.
const (
	auditSuccess = "0"
	auditMinor   = "4"
	auditSerious = "8"
)

// Audit keeps one event.
func (a auditor) Audit(ctx context.Context, e access.Event) error {
	outcome := auditSuccess
	switch e.Code {
	case "":
	case gateway.Internal, gateway.Busy:
		outcome = auditSerious
	default:
		outcome = auditMinor
	}
	return a.store.Audit(ctx, store.Look{At: e.At, Partner: e.Partner, Action: e.Op, Type: e.Type, ID: e.ID, Outcome: outcome, Detail: auditDetail(e)})
}

// auditDetail names the request, the search parameters and what was given out.
func auditDetail(e access.Event) string {
	words := []string{"request " + e.Request}
	if len(e.Params) > 0 {
		words = append(words, "by "+strings.Join(e.Params, " "))
	}
	if len(e.Shown) > 0 {
		words = append(words, "shown "+strings.Join(e.Shown, " "))
	}
	if e.Code != "" {
		words = append(words, string(e.Code))
	}
	return strings.Join(words, "; ")
}
