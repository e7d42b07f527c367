package store

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// met is a member as an import meets it: its person, whether the sender is known
// to serve it, and whether this transaction made it.
type met struct {
	person       string
	known, fresh bool
}

// peopleCache remembers the members met last, at most two generations of
// peopleKept.
type peopleCache struct{ young, old map[gateway.Identifier]met }

const peopleKept = 100_000

func newPeopleCache() *peopleCache {
	return &peopleCache{young: map[gateway.Identifier]met{}, old: map[gateway.Identifier]met{}}
}

func (c *peopleCache) find(id gateway.Identifier) (met, bool) {
	m, ok := c.young[id]
	if !ok {
		m, ok = c.old[id]
	}
	return m, ok
}

// keep remembers members once their transaction has committed.
func (c *peopleCache) keep(people map[gateway.Identifier]met) {
	if len(c.young)+len(people) > peopleKept {
		c.old, c.young = c.young, map[gateway.Identifier]met{}
	}
	for id, m := range people {
		m.fresh = false
		c.young[id] = m
	}
}

// resolve finds the persons of all members of a chunk, makes those that are new
// and relates the sender to those it was not known to serve.
func (im *importing) resolve(ctx context.Context, t *tx, f gateway.Facts) (map[gateway.Identifier]met, error) {
	if err := im.unmoved(ctx, t); err != nil {
		return nil, err
	}
	people := map[gateway.Identifier]met{}
	var missing []gateway.Identifier
	for _, member := range membersOf(f) {
		id := im.s.xref(im.b.Partner, member)
		if _, ok := people[id]; ok {
			continue
		}
		m, ok := im.people.find(id)
		if !ok {
			missing = append(missing, id)
		}
		people[id] = m
	}
	if len(missing) == 0 {
		return people, nil
	}
	found, fresh, err := im.persons(ctx, t, distinct(missing))
	if err != nil {
		return nil, err
	}
	known, err := im.known(ctx, t, found, fresh)
	if err != nil {
		return nil, err
	}
	for id, p := range found {
		people[id] = met{p, known[p] || fresh[p], fresh[p]}
	}
	im.submissions(t, found, known, fresh)
	return people, nil
}

// unmoved forgets the members met so far when persons were merged meanwhile.
func (im *importing) unmoved(ctx context.Context, t *tx) error {
	sharePeople(t)
	var moves int64
	err := t.row(ctx, "select count(*) from person where moved_to <> ''").Scan(&moves)
	if err == nil && moves != im.moves {
		im.people, im.moves = newPeopleCache(), moves
	}
	return err
}

func membersOf(f gateway.Facts) []gateway.Identifier {
	out := make([]gateway.Identifier, 0, len(f.Lines)+len(f.Auths)+len(f.Spans)+len(f.Plans))
	for i := range f.Lines {
		out = append(out, f.Lines[i].Member)
	}
	for i := range f.Auths {
		out = append(out, f.Auths[i].Member)
	}
	for i := range f.Spans {
		out = append(out, f.Spans[i].Member)
	}
	for i := range f.Plans {
		out = append(out, f.Plans[i].Member)
	}
	return out
}

// persons is personsOf for many: new persons are made some dozen at a time.
func (im *importing) persons(ctx context.Context, t *tx, ids []gateway.Identifier) (found map[gateway.Identifier]string, fresh map[string]bool, err error) {
	found, fresh = map[gateway.Identifier]string{}, map[string]bool{}
	if err := im.s.findPersons(ctx, t, ids, found); err != nil {
		return nil, nil, err
	}
	var made, xrefs [][]any
	for _, id := range ids {
		if _, ok := found[id]; ok {
			continue
		}
		bucket := randomBucket()
		person := newID(bucket)
		fresh[person] = true
		made = append(made, []any{person, bucket, im.s.micros()})
		xrefs = append(xrefs, []any{id.System, id.Value, person})
	}
	putMany(t, "insert into person (id, bucket, created_at) values ", made, "")
	putMany(t, "insert into patient_xref (system, value, person) values ", xrefs, " on conflict do nothing")
	if len(made) == 0 {
		return found, fresh, nil
	}
	return found, fresh, im.adopt(ctx, t, ids, found, fresh)
}

// adopt reads who the new members are: another import may have made some of
// them first, and ours are nobody then.
func (im *importing) adopt(ctx context.Context, t *tx, ids []gateway.Identifier, found map[gateway.Identifier]string, fresh map[string]bool) error {
	if err := im.s.findPersons(ctx, t, ids, found); err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, p := range found {
		taken[p] = true
	}
	for p := range fresh {
		if !taken[p] {
			t.put("delete from person where id = $1", p)
			delete(fresh, p)
		}
	}
	return nil
}

// putMany queues rows of one width, fewRows in a statement.
func putMany(t *tx, before string, rows [][]any, after string) {
	for chunk := range slices.Chunk(rows, fewRows) {
		var args []any
		marks := make([]string, len(chunk))
		for i, row := range chunk {
			cells := make([]string, len(row))
			for c := range row {
				args = append(args, row[c])
				cells[c] = mark(t, len(args))
			}
			marks[i] = "(" + strings.Join(cells, ",") + ")"
		}
		t.put(before+strings.Join(marks, ", ")+after, args...)
	}
}

// known asks which of the persons the sender is known to serve.
func (im *importing) known(ctx context.Context, t *tx, found map[gateway.Identifier]string, fresh map[string]bool) (map[string]bool, error) {
	known := map[string]bool{}
	var old []string
	for _, p := range found {
		if !fresh[p] {
			old = append(old, p)
		}
	}
	slices.Sort(old)
	for chunk := range slices.Chunk(slices.Compact(old), xrefChunk) {
		var args []any
		rows, err := t.query(ctx, "select distinct rel.person from relation rel where rel.person in ("+bindAll(&args, chunk)+") and rel.hi >= rel.lo and "+confirmed(im.caller, &args), args...)
		if err != nil {
			return nil, err
		}
		var p string
		if err := eachRow(rows, func() error {
			if err := rows.Scan(&p); err != nil {
				return err
			}
			known[p] = true
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return known, nil
}

const relationInsert = "insert into relation (person, scope, why, ref, sender, lo, hi, confirmed) values "

const relationUpdate = ` on conflict (person, scope, why, ref, sender) do update set lo = excluded.lo, hi = excluded.hi,
	confirmed = case when excluded.confirmed > relation.confirmed then excluded.confirmed else relation.confirmed end`

// submissions relates the sender to the children: confirmed if they are new
// here, claimed if others hold them already (as for messages, see relate.go).
func (im *importing) submissions(t *tx, found map[gateway.Identifier]string, known, fresh map[string]bool) {
	var rows [][]any
	done := map[string]bool{}
	for _, p := range found {
		if known[p] || done[p] {
			continue
		}
		done[p] = true
		rows = append(rows, []any{p, clip(gateway.ScopePartner(im.b.Partner)), "submission", "", string(im.b.Partner), ledger.NoDay + 1, ledger.Forever, asInt(fresh[p])})
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	putMany(t, relationInsert, rows, relationUpdate)
}

// relate lets payers, programs and providers see the children that the new rows
// put into their care. A retracted span, or a decision that no longer stands,
// withdraws.
func (im *importing) relate(t *tx, k *factKind, news []addedRow, known map[string]bool) {
	var rows [][]any
	for _, r := range news {
		if !r.inForce {
			continue
		}
		for _, rel := range relationsOf(k, r.sheetRow) {
			sure := known[r.s[factPerson]] || im.s.Policy.Authority(im.b.Partner, rel)
			rows = append(rows, []any{r.s[factPerson], clip(rel.Scope), rel.Why, clip(rel.Ref), string(im.b.Partner), rel.Lo, rel.Hi, asInt(sure)})
		}
	}
	putMany(t, relationInsert, lastOfEach(rows), relationUpdate)
}

// lastOfEach keeps the last row of each key: one statement may not touch a row twice.
func lastOfEach(rows [][]any) [][]any {
	at := map[[4]any]int{}
	out := rows[:0:0]
	for _, r := range rows {
		key := [4]any(r[:4])
		if i, ok := at[key]; ok {
			out[i] = r
			continue
		}
		at[key] = len(out)
		out = append(out, r)
	}
	return out
}

// relationsOf are the relations that one row of the ledger makes.
func relationsOf(k *factKind, r *sheetRow) []gateway.Relation {
	lo, hi := max(ledger.Day(r.n[factStart]), ledger.NoDay+1), ledger.Day(r.n[factEnd])
	switch k {
	case spanKind:
		ref := r.s[spanPayer] + "|" + r.s[spanProgram] + "|" + ledger.Day(r.n[factStart]).String()
		always := gateway.Relation{Scope: gateway.ScopeProgram(r.s[spanProgram]), Why: "enrollment", Ref: ref, Lo: ledger.NoDay + 1, Hi: ledger.Forever}
		if hi < lo {
			always.Lo, always.Hi = 0, -1
		}
		out := []gateway.Relation{{Scope: gateway.ScopePayer(r.s[spanPayer]), Why: "enrollment", Ref: ref, Lo: lo, Hi: hi}, always}
		return slices.DeleteFunc(out, func(rel gateway.Relation) bool { return strings.HasSuffix(rel.Scope, ":") })
	case authKind:
		const provider = 3
		if r.s[provider] == "" {
			return nil
		}
		if a := authOf(r); !a.TakesPart() && a.Status != ledger.Pended {
			lo, hi = 0, -1
		}
		return []gateway.Relation{{Scope: gateway.ScopeIdentifier(gateway.Identifier{System: gateway.NPI, Value: r.s[provider]}), Why: "authorization",
			Ref: r.s[lineID], Lo: lo, Hi: hi}}
	}
	return nil
}
