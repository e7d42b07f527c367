package store

import (
	"context"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// targetPatch finds what a patch is laid on, under its lock, and lays it: the
// rest of the commit sees the whole resource. A patch of an ID or of criteria
// needs one that is there; of a Key it makes a new one when there is none.
func (a *applying) targetPatch(ctx context.Context, p *planned) error {
	if p.ID == "" && p.Where == nil {
		if err := a.targetKey(ctx, p); err != nil {
			return err
		}
	} else if err := a.targetThere(ctx, p); err != nil {
		return err
	}
	if p.old == nil || p.old.deleted() {
		return nil
	}
	old, issues := fhir.Parse(p.old.json, fhir.Limits{})
	if old == nil {
		return &gateway.Fault{Op: "patch", Code: gateway.Internal, Issues: issues}
	}
	whole, issues := old.Overlay(p.Resource, p.Clear, p.Once)
	if whole != nil {
		issues = fhir.Validate(whole)
	}
	if issues.Errors() {
		return &gateway.Fault{Op: "patch", Code: gateway.Invalid, Issues: issues}
	}
	c := *p.Change // the receipt keeps what was sent: the transaction may run again
	c.Resource = whole
	p.Change = &c
	return nil
}

// targetThere is the resource of an ID or of criteria; it has to be there.
func (a *applying) targetThere(ctx context.Context, p *planned) error {
	old, err := a.named(ctx, p)
	if err != nil {
		return err
	}
	if old == nil || old.deleted() {
		return notFound(p.Type)
	}
	return a.allow(p, old)
}
