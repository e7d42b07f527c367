package store

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// write queues every change: the resource, its history, its search rows.
func (a *applying) write(ctx context.Context) error {
	a.effects = make([]gateway.Effect, len(a.plans))
	for i := range a.plans {
		p := &a.plans[i]
		e, err := a.writeOne(p)
		if err != nil {
			return err
		}
		a.effects[i] = e
	}
	return nil
}

func (a *applying) writeOne(p *planned) (gateway.Effect, error) {
	e := gateway.Effect{Type: p.Type, ID: p.id, Version: 1, Person: p.person, Updated: a.now}
	if p.old != nil {
		e.Version, e.Updated, e.JSON = p.old.version, fromMicros(p.old.updated), p.old.json
	}
	if p.skip {
		e.Verb = gateway.Unchanged
		if p.Op == gateway.Delete {
			e.Verb = gateway.Deleted
		}
		return e, nil
	}
	if p.Op == gateway.Delete {
		return a.erase(p, e)
	}
	if p.old != nil && !p.old.deleted() && p.Op != gateway.Update && a.same(p) {
		e.Verb = gateway.Unchanged
		return e, nil
	}
	e.Verb, e.Updated = gateway.Created, a.now
	if p.old != nil {
		e.Verb, e.Version = gateway.Updated, p.old.version+1
	}
	stamped := p.Resource.Stamp(p.id, e.Version, a.now, a.resolve)
	e.JSON = stamped.JSON
	a.own(p, e)
	return e, a.putResource(p, e, stamped)
}

// same says whether the content is what is stored already.
func (a *applying) same(p *planned) bool {
	again := p.Resource.Stamp(p.id, p.old.version, fromMicros(p.old.updated), a.resolve)
	return bytes.Equal(again.JSON, p.old.json)
}

// own remembers what the sender calls the resource.
func (a *applying) own(p *planned, e gateway.Effect) {
	name := p.SourceID
	if name == "" && p.Op == gateway.Create {
		name = ownRef(p.Change)
	}
	if name == "" {
		return
	}
	a.t.put(`insert into source_ref (partner, ref, resource) values ($1, $2, $3)
		on conflict (partner, ref) do update set resource = excluded.resource`, string(a.caller.Partner), name, e.Type+"/"+e.ID)
}

// erase marks the resource deleted; its versions stay readable.
func (a *applying) erase(p *planned, e gateway.Effect) (gateway.Effect, error) {
	e.Verb, e.Version, e.Updated, e.JSON = gateway.Deleted, p.old.version+1, a.now, nil
	a.archive(p)
	a.t.put("update resource set version = $3, verb = $4, updated_at = $5, seq = $6, json = null where type = $1 and id = $2 and version = $7",
		p.Type, p.id, e.Version, string(e.Verb), a.now.UnixMicro(), a.seq, p.old.version)
	return e, a.unindex(p)
}

// archive copies the current version to the history.
func (a *applying) archive(p *planned) {
	a.t.put(`insert into resource_history (type, id, version, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)
		select type, id, version, person, source, directory, labels, lo, hi, verb, updated_at, seq, json from resource where type = $1 and id = $2`, p.Type, p.id)
}

func (a *applying) putResource(p *planned, e gateway.Effect, r *fhir.Resource) error {
	lo, hi := days(search.Period(r))
	directory := 0
	if search.Directory(p.Type) && p.person == "" {
		directory = 1
	}
	labels := int64(gateway.LabelBits(r))
	if p.old == nil {
		a.t.put(`insert into resource (type, id, version, bucket, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			p.Type, p.id, e.Version, bucketOf(p.id), p.person, string(cmp.Or(p.Owner, a.caller.Partner)), directory, labels, lo, hi, string(e.Verb), a.now.UnixMicro(), a.seq, r.JSON)
	} else {
		a.archive(p)
		if err := a.unindex(p); err != nil {
			return err
		}
		a.t.put(`update resource set version = $3, person = $4, labels = $5, lo = $6, hi = $7, verb = $8, updated_at = $9, seq = $10, json = $11
			where type = $1 and id = $2 and version = $12`,
			p.Type, p.id, e.Version, p.person, labels, lo, hi, string(e.Verb), a.now.UnixMicro(), a.seq, r.JSON, p.old.version)
	}
	putIndex(a.t, p.Type, p.id, search.Extract(r))
	return nil
}

// unindex takes the search rows of the version that was current away.
func (a *applying) unindex(p *planned) error {
	if p.old.json == nil {
		return nil
	}
	old, issues := fhir.Parse(p.old.json, fhir.Limits{})
	if old == nil {
		return &gateway.Fault{Op: "unindex", Code: gateway.Internal, Issues: issues}
	}
	dropIndex(a.t, p.Type, p.id, search.Extract(old))
	return nil
}

// days turns an inclusive range of microseconds into days.
func days(lo, hi int64) (ledger.Day, ledger.Day) {
	return day(lo, math.MinInt32+1), day(hi, ledger.Forever)
}

func day(us int64, open ledger.Day) ledger.Day {
	if us == search.MinTime || us == search.MaxTime {
		return open
	}
	return ledger.DayOf(time.UnixMicro(us).UTC())
}
