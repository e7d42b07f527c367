package store

import (
	"context"
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// relate writes who may see the children of this message from now on. The
// sender is related to a child it was first to send. Whatever else the message
// says (a team, a referral, an authorization) counts only if the sender is known
// to serve the child, or is the authority on that kind of relation; otherwise it
// is kept as claimed and shows nothing.
func (a *applying) relate(ctx context.Context) error {
	persons := a.persons()
	if len(persons) == 0 || a.caller.Partner == gateway.Itself {
		return nil // to speak of a child is not to serve it
	}
	if err := a.knownTo(ctx, persons); err != nil {
		return err
	}
	for _, person := range persons {
		a.submission(person)
	}
	team, ids := a.oneTeam(), a.givenIDs()
	for _, rel := range a.r.Mapped.Relations {
		rel.Ref = gateway.Named(rel.Ref, ids)
		if team != "" && rel.Why == "team" {
			rel.Ref = team + "|" + rel.Ref
		}
		if err := a.relation(ctx, rel); err != nil {
			return err
		}
	}
	return nil
}

// oneTeam is the id of the message's CareTeam, when there is exactly one: then
// the team's relations are known to be its own, and those of its earlier version
// are withdrawn. Members who left see nothing new.
func (a *applying) oneTeam() (id string) {
	for i := range a.plans {
		p := &a.plans[i]
		if p.Type != "CareTeam" || p.skip {
			continue
		}
		if id != "" {
			return ""
		}
		if id = p.id; p.old != nil {
			a.t.put("update relation set hi = lo - 1 where person = $1 and sender = $2 and why = 'team' and ref >= $3 and ref < $4",
				p.person, string(a.caller.Partner), id+"|", id+"}")
		}
	}
	return id
}

// persons are all persons of the message, sorted.
func (a *applying) persons() []string {
	var out []string
	for i := range a.plans {
		if p := a.plans[i].person; p != "" && a.plans[i].Op != gateway.Delete {
			out = append(out, p)
		}
	}
	for _, p := range a.people {
		if p != "" {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// knownTo asks which persons the sender is known to serve.
func (a *applying) knownTo(ctx context.Context, persons []string) error {
	var old []string
	for _, p := range persons {
		if a.fresh[p] {
			a.known[p] = true
		} else if _, asked := a.known[p]; !asked {
			old = append(old, p)
		}
	}
	for chunk := range slices.Chunk(old, xrefChunk) {
		var args []any
		rows, err := a.t.query(ctx, "select distinct rel.person from relation rel where rel.person in ("+bindAll(&args, chunk)+") and rel.hi >= rel.lo and "+confirmed(a.caller, &args), args...)
		if err != nil {
			return err
		}
		err = eachRow(rows, func() error {
			var p string
			if err := rows.Scan(&p); err != nil {
				return err
			}
			a.known[p] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// submission relates the sender to a child: confirmed if the child is new here,
// claimed if others hold it already.
func (a *applying) submission(person string) {
	if a.known[person] && !a.fresh[person] {
		a.t.put("update relation set confirmed = 1 where person = $1 and sender = $2 and confirmed = 0", person, string(a.caller.Partner))
		return
	}
	a.putRelation(person, gateway.ScopePartner(a.caller.Partner), gateway.Relation{Why: "submission", Lo: 0, Hi: ledger.Forever}, a.fresh[person])
}

func (a *applying) relation(ctx context.Context, rel gateway.Relation) error {
	person, err := a.relationPerson(ctx, rel)
	if err != nil || person == "" {
		return err
	}
	sure := a.known[person] || a.s.Policy.Authority(a.caller.Partner, rel)
	scopes := []string{rel.Scope}
	if rel.Scope == "" {
		if scopes, err = a.organization(ctx, rel.Organization); err != nil {
			return err
		}
	}
	for _, scope := range scopes {
		a.putRelation(person, scope, rel, sure)
	}
	return nil
}

func (a *applying) relationPerson(ctx context.Context, rel gateway.Relation) (string, error) {
	if rel.Subject != "" {
		return a.personOfRef(ctx, rel.Subject)
	}
	return a.personOfMember(ctx, rel.Member)
}

// organization lists the scopes of an Organization by its identifiers: of this
// message, or a stored one.
func (a *applying) organization(ctx context.Context, ref string) ([]string, error) {
	for i := range a.plans {
		c := a.plans[i].Change
		if c.Resource != nil && (ref == c.FullURL || ref == c.SourceID || ref == ownRef(c)) {
			return identifierScopes(c.Resource), nil
		}
	}
	typ, id, _, _ := fhir.ParseRef(a.resolve(ref))
	if typ == "" {
		return nil, nil
	}
	stored, err := a.currentOf(ctx, typ, id, "r.directory = 1", []any{typ, id})
	if err != nil || stored == nil || stored.json == nil {
		return nil, err
	}
	r, _ := fhir.Parse(stored.json, fhir.Limits{})
	if r == nil {
		return nil, nil
	}
	return identifierScopes(r), nil
}

func identifierScopes(r *fhir.Resource) []string {
	var out []string
	for _, id := range r.Get("identifier").Items() {
		out = append(out, gateway.ScopeIdentifier(gateway.Identifier{System: id.Get("system").Text(), Value: id.Get("value").Text()}))
	}
	return out
}

// putRelation queues one relation row; a confirmed row stays confirmed.
func (a *applying) putRelation(person, scope string, rel gateway.Relation, sure bool) {
	lo, hi := rel.Lo, rel.Hi
	if hi == 0 && lo == 0 {
		hi = ledger.Forever
	}
	if lo == 0 {
		lo = ledger.NoDay + 1
	}
	confirmed := 0
	if sure {
		confirmed = 1
	}
	a.t.put(`insert into relation (person, scope, why, ref, sender, lo, hi, confirmed) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (person, scope, why, ref, sender) do update set lo = excluded.lo, hi = excluded.hi,
		confirmed = case when excluded.confirmed > relation.confirmed then excluded.confirmed else relation.confirmed end`,
		person, clip(scope), rel.Why, clip(rel.Ref), string(a.caller.Partner), lo, hi, confirmed)
}
