package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// peopleLock is held shared by whoever gives rows to persons, and alone by who
// merges two of them (PostgreSQL; SQLite has one writer).
const peopleLock = 7216004

func sharePeople(t *tx) {
	if t.pg != nil {
		t.put("select pg_advisory_xact_lock_shared($1)", int64(peopleLock))
	}
}

// doubtMerges looks at the merges that the message asks for: two ids of one
// trusted system are two children until a human says otherwise, and only who is
// known to serve the child that moves may move it.
func (a *applying) doubtMerges(ctx context.Context) error {
	if a.decision == reviewLinked {
		return nil
	}
	for _, m := range a.r.Mapped.Merges {
		found := map[gateway.Identifier]string{}
		from, into := a.s.xref(a.caller.Partner, m.From), a.s.xref(a.caller.Partner, m.Into)
		if err := a.s.findPersons(ctx, a.t, []gateway.Identifier{from, into}, found); err != nil {
			return err
		}
		gone, kept := found[from], found[into]
		if gone == "" || kept == "" || gone == kept {
			continue
		}
		persons := []string{kept, gone}
		if err := a.knownTo(ctx, persons); err != nil {
			return err
		}
		conflict, err := a.s.conflictingIDs(ctx, a.t, persons)
		if err != nil {
			return err
		}
		apart, err := a.s.toldApart(ctx, a.t, persons)
		if err != nil {
			return err
		}
		if conflict || apart || !a.known[gone] {
			a.doubts = append(a.doubts, doubt{causeMerge, persons})
		}
	}
	return nil
}

// merge does what the message asks for: MRG-1 goes on naming the child that
// survives (HL7 v2.5.1, 3.3.40).
func (a *applying) merge(ctx context.Context) error {
	if a.decision == reviewSeparated {
		return nil // a human said that they are two
	}
	for _, m := range a.r.Mapped.Merges {
		kept, err := a.personOfMember(ctx, m.Into)
		if err != nil {
			return err
		}
		from := a.s.xref(a.caller.Partner, m.From)
		found := map[gateway.Identifier]string{}
		if err := a.s.findPersons(ctx, a.t, []gateway.Identifier{from}, found); err != nil {
			return err
		}
		switch gone := found[from]; gone {
		case kept:
		case "":
			a.t.put("insert into patient_xref (system, value, person) values ($1, $2, $3) on conflict do nothing", from.System, from.Value, kept)
		default:
			if err := a.join(ctx, gone, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// join makes two persons one, and lets the message know.
func (a *applying) join(ctx context.Context, gone, kept string) error {
	if err := a.s.mergePersons(ctx, a.t, gone, kept, a.decision == reviewLinked); err != nil {
		return err
	}
	a.moved = append(a.moved, [2]string{gone, kept})
	for i := range a.plans {
		if a.plans[i].person == gone {
			a.plans[i].person = kept
		}
	}
	for ref, p := range a.byRef {
		if p == gone {
			a.byRef[ref] = kept
		}
	}
	for id, p := range a.people {
		if p == gone {
			a.people[id] = kept
		}
	}
	return nil
}

// mergePersons moves all that hangs on one person to another. Both ids go on
// naming the child; the facts come along as new versions, so that any past state
// of the ledger reads as before (adr/0013). With sure, who was related to either
// is related to both; else the relations that come along count only where their
// sender serves the survivor anyhow or is the authority.
func (s *Store) mergePersons(ctx context.Context, t *tx, gone, kept string, sure bool) error {
	if t.pg != nil {
		if err := t.exec(ctx, "select pg_advisory_xact_lock($1)", int64(peopleLock)); err != nil {
			return err
		}
	}
	t.put("update patient_xref set person = $1 where person = $2", kept, gone)
	t.put("update person set moved_to = $1 where id = $2 or moved_to = $2", kept, gone)
	t.put("update resource_history set person = $1 where person = $2 and (type, id) in (select type, id from resource where person = $2)", kept, gone)
	t.put("update resource set person = $1 where person = $2", kept, gone)
	t.put("update effect set person = $1 where person = $2 and message in (select id from inbox where routed = 0)", kept, gone)
	t.put("update finding set person = $1 where person = $2", kept, gone)
	t.put("update prior_auth set person = $1 where person = $2", kept, gone)
	t.put(`insert into claim_advice (bucket, person, partner, claim, line, code, modifiers, day, known, received, reason, control, member)
		select $1, $2, partner, claim, line, code, modifiers, day, known, received, reason, control, member from claim_advice where bucket = $3 and person = $4
		on conflict do nothing`, bucketOf(kept), kept, bucketOf(gone), gone)
	if err := s.moveRelations(ctx, t, gone, kept, sure); err != nil {
		return err
	}
	if err := s.moveFacts(ctx, t, gone, kept); err != nil {
		return err
	}
	if err := s.moveRecords(ctx, t, gone, kept); err != nil {
		return err
	}
	return s.moveLanes(ctx, t, gone, kept)
}

// moveRelations unites who may see the two.
func (s *Store) moveRelations(ctx context.Context, t *tx, gone, kept string, sure bool) error {
	rels, err := relationsOfPerson(ctx, t, gone)
	if err != nil {
		return err
	}
	serves := map[gateway.PartnerID]bool{}
	for _, r := range rels {
		known, asked := serves[r.sender]
		if !asked {
			var args []any
			if err := t.row(ctx, "select "+related(s.Policy.Caller(r.sender), bind(&args, kept), &args), args...).Scan(&known); err != nil {
				return err
			}
			serves[r.sender] = known
		}
		if !sure && !known && !s.Policy.Authority(r.sender, r.Relation) {
			r.confirmed = 0
		}
		t.put(`insert into relation (person, scope, why, ref, sender, lo, hi, confirmed) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (person, scope, why, ref, sender) do update set
			lo = case when excluded.lo < relation.lo then excluded.lo else relation.lo end,
			hi = case when excluded.hi > relation.hi then excluded.hi else relation.hi end,
			confirmed = case when excluded.confirmed > relation.confirmed then excluded.confirmed else relation.confirmed end`,
			kept, r.Scope, r.Why, r.Ref, string(r.sender), r.Lo, r.Hi, r.confirmed)
	}
	t.put("delete from relation where person = $1", gone)
	return nil
}

// storedRelation is a row of relation.
type storedRelation struct {
	gateway.Relation
	sender    gateway.PartnerID
	confirmed int
}

func relationsOfPerson(ctx context.Context, q queryer, person string) (out []storedRelation, err error) {
	rows, err := q.query(ctx, "select scope, why, ref, sender, lo, hi, confirmed from relation where person = $1 order by scope, why, ref, sender", person)
	if err != nil {
		return nil, err
	}
	return out, eachRow(rows, func() error {
		var r storedRelation
		err := rows.Scan(&r.Scope, &r.Why, &r.Ref, &r.sender, &r.Lo, &r.Hi, &r.confirmed)
		out = append(out, r)
		return err
	})
}

// moveFacts appends the rows in force once more, for the survivor. A span's key
// is the person, so its old one is withdrawn.
func (s *Store) moveFacts(ctx context.Context, t *tx, gone, kept string) error {
	var batch factRowsBatch
	old := [len(factKinds)]map[factKey][]sheetRow{}
	for i, k := range factKinds {
		err := k.eachOf(ctx, t, personWhere, personArgs(gone, math.MaxInt64), func(r *sheetRow) error {
			batch[i] = append(batch[i], *r)
			return nil
		})
		if err != nil {
			return err
		}
		if len(batch[i]) == 0 {
			continue
		}
		if old[i], batch[i], err = k.inForceOf(ctx, t, gone, batch[i]); err != nil {
			return err
		}
	}
	lockFactsOf(t, &batch)
	for i, k := range factKinds {
		if err := s.rehouse(ctx, t, k, batch[i], old[i], kept); err != nil {
			return err
		}
	}
	return nil
}

// inForceOf keeps, of the person's rows, the version in force of each key,
// unless it is another person's by now.
func (k *factKind) inForceOf(ctx context.Context, t *tx, person string, rows []sheetRow) (map[factKey][]sheetRow, []sheetRow, error) {
	old := map[factKey][]sheetRow{}
	byPartner := map[string][]sheetRow{}
	for _, r := range rows {
		byPartner[r.s[factPartner]] = append(byPartner[r.s[factPartner]], r)
	}
	if k.dayKey {
		byPartner = map[string][]sheetRow{"": rows}
	}
	var out []sheetRow
	for _, part := range byPartner {
		versions, err := k.versions(ctx, t, part, nil)
		if err != nil {
			return nil, nil, err
		}
		for key, list := range versions {
			best := list[0]
			for _, r := range list[1:] {
				if r.n[factReceived] >= best.n[factReceived] {
					best = r
				}
			}
			if old[key] = list; best.s[factPerson] == person {
				out = append(out, best)
			}
		}
	}
	return old, out, nil
}

// lockFactsOf is lockFacts for rows of several partners, in one order.
func lockFactsOf(t *tx, batch *factRowsBatch) {
	of := map[string]*factRowsBatch{}
	for i, rows := range batch {
		for _, r := range rows {
			partner := r.s[factPartner]
			if of[partner] == nil {
				of[partner] = &factRowsBatch{}
			}
			of[partner][i] = append(of[partner][i], r)
		}
	}
	for _, partner := range slices.Sorted(maps.Keys(of)) {
		lockFacts(t, partner, of[partner])
	}
}

func (s *Store) rehouse(ctx context.Context, t *tx, k *factKind, rows []sheetRow, old map[factKey][]sheetRow, kept string) error {
	if len(rows) == 0 {
		return nil
	}
	seq, err := s.dialect.nextSeq(ctx, t, 1)
	if err != nil {
		return err
	}
	var out []sheetRow
	for _, r := range rows {
		r.n[factKnown] = seq
		if k.dayKey {
			if r.n[factEnd] < r.n[factStart] {
				continue // withdrawn already
			}
			gone := r
			gone.n[factEnd] = int64(ledger.Day(r.n[factStart]) - 1)
			out = append(out, gone)
		}
		r.n[factBucket], r.s[factPerson] = int64(bucketOf(kept)), kept
		out = append(out, r)
	}
	slices.SortFunc(out, compareByPerson)
	if err := k.insertRows(ctx, t, out); err != nil {
		return err
	}
	return linkPersons(ctx, t, k, out, old)
}

// moveLanes puts the deliveries that still wait behind those of the survivor, in
// their order. One that is being sent is sent again under the same key.
func (s *Store) moveLanes(ctx context.Context, t *tx, gone, kept string) error {
	rows, err := t.query(ctx, "select id, partner from outbox where subject = $1 and state in ('ready', 'parked') order by partner, lane_seq", gone)
	if err != nil {
		return err
	}
	var open [][2]string
	if err := eachRow(rows, func() error {
		var d [2]string
		err := rows.Scan(&d[0], &d[1])
		open = append(open, d)
		return err
	}); err != nil {
		return err
	}
	for i, d := range open {
		t.put("insert into lane (partner, subject, next_seq) values ($1, $2, 2) on conflict (partner, subject) do update set next_seq = lane.next_seq + 1", d[1], kept)
		t.put("update outbox set subject = $1, lease = '', lane_seq = (select next_seq - 1 from lane where partner = $2 and subject = $1) where id = $3", kept, d[1], d[0])
		if i == len(open)-1 || open[i+1][1] != d[1] {
			for _, subject := range []string{gone, kept} {
				if err := s.rouse(ctx, t, gateway.Lane{Partner: gateway.PartnerID(d[1]), Subject: subject}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// rouse computes when a lane is ready, unless a worker is in it: that one will.
func (s *Store) rouse(ctx context.Context, t *tx, l gateway.Lane) error {
	var until int64
	if err := t.row(ctx, "select lease_until from lane where partner = $1 and subject = $2", string(l.Partner), l.Subject).Scan(&until); err != nil {
		return err
	}
	if until > s.micros() {
		return nil
	}
	return s.freeLane(ctx, t, l)
}

// auditMerges says which persons became one, behind the rows of the effects.
func (a *applying) auditMerges() {
	for i, m := range a.moved {
		a.audit(len(a.effects)+1+i, "merge", "Person", m[0], fmt.Sprintf("into %s", m[1]))
	}
}
