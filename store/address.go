package store

import (
	"context"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// addressees are the elements that say who is asked to act. Findings and their
// totals have none: the gateway's own messages say who may see them.
var addressees = map[string]string{"Task": "owner", "ServiceRequest": "performer", "DetectedIssue": "", "MeasureReport": ""}

// address keeps to whom the message's Tasks and ServiceRequests are addressed.
// A referral must reach its receiver before the receiver is related to the child.
func (a *applying) address(ctx context.Context) error {
	for i := range a.plans {
		p := &a.plans[i]
		element, ok := addressees[p.Type]
		if !ok || p.skip || p.Resource == nil {
			continue
		}
		if p.old != nil {
			a.t.put("delete from addressed where type = $1 and id = $2", p.Type, p.id)
		}
		for _, scope := range p.Shown {
			a.t.put("insert into addressed (type, id, scope) values ($1, $2, $3) on conflict do nothing", p.Type, p.id, clip(scope))
		}
		for _, to := range p.Resource.Get(element).Items() {
			scopes, err := a.addressee(ctx, to)
			if err != nil {
				return err
			}
			for _, scope := range scopes {
				a.t.put("insert into addressed (type, id, scope) values ($1, $2, $3) on conflict do nothing", p.Type, p.id, clip(scope))
			}
		}
	}
	return nil
}

// addressee lists the scopes of a reference to an organization: by its
// identifier, or by those of the resource it names.
func (a *applying) addressee(ctx context.Context, to *fhir.Node) ([]string, error) {
	if value := to.Get("identifier", "value").Text(); value != "" {
		return []string{gateway.ScopeIdentifier(gateway.Identifier{System: to.Get("identifier", "system").Text(), Value: value})}, nil
	}
	if ref := to.Get("reference").Text(); ref != "" {
		return a.organization(ctx, ref)
	}
	return nil, nil
}

// taken are the states of a Task in which its owner serves the child
// (http://hl7.org/fhir/task-status); in the others it does not, or not any more.
var taken = map[string]bool{"accepted": true, "ready": true, "in-progress": true, "on-hold": true, "completed": true}

// acceptances relate a child to who takes a referral that is addressed to it,
// when the referral came from somebody known to serve the child.
func (a *applying) acceptances(ctx context.Context) error {
	for i := range a.plans {
		p := &a.plans[i]
		if p.Type != "Task" || p.skip || p.old == nil || p.person == "" || p.old.source == string(a.caller.Partner) || p.Resource == nil {
			continue
		}
		requester := a.s.Policy.Caller(gateway.PartnerID(p.old.source))
		args := []any{p.person}
		var serves bool
		err := a.t.row(ctx, "select exists (select 1 from relation rel where rel.person = $1 and rel.hi >= rel.lo and "+confirmed(requester, &args)+")", args...).Scan(&serves)
		if err != nil {
			return err
		}
		rel := gateway.Relation{Why: "referral", Ref: p.id, Hi: ledger.Forever}
		if !taken[p.Resource.Get("status").Text()] {
			rel.Lo, rel.Hi = 1, 0
		}
		a.putRelation(p.person, gateway.ScopePartner(a.caller.Partner), rel, serves)
	}
	return nil
}
