package store

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"

	"github.com/throughline/throughline/gateway"
)

// putFacts appends the ledger's rows of one message as new versions. A row that
// says the same as the newest version of its key adds nothing. people maps the
// members' identifiers, as in the facts or scoped by xref, to persons.
func (s *Store) putFacts(ctx context.Context, t *tx, partner gateway.PartnerID, people map[gateway.Identifier]string, f gateway.Facts) error {
	batch, err := s.factRows(partner, people, f)
	if err != nil {
		return err
	}
	lockFacts(t, string(partner), &batch)
	if err := complete(ctx, t, &batch); err != nil {
		return err
	}
	for i, rows := range batch {
		if _, err := s.putVersions(ctx, t, factKinds[i], rows, nil); err != nil {
			return err
		}
	}
	return s.putAdvices(ctx, t, partner, people, f.Advices)
}

// complete adds to the rows what only the store knows: what payers said about
// the lines, which lines a replacement leaves out, and which spans a termination
// ends.
func complete(ctx context.Context, t *tx, batch *factRowsBatch) (err error) {
	if batch[0], err = voidLeftOut(ctx, t, batch[0]); err == nil {
		err = stampDenials(ctx, t, batch[0])
	}
	if err == nil {
		batch[2], err = endSpans(ctx, t, batch[2])
	}
	return err
}

// factRowsBatch are the rows of each table of facts, in the order of factKinds.
type factRowsBatch [len(factKinds)][]sheetRow

// factRows turns facts into rows of their tables.
func (s *Store) factRows(partner gateway.PartnerID, people map[gateway.Identifier]string, f gateway.Facts) (out factRowsBatch, err error) {
	person := func(member gateway.Identifier) string {
		p := s.personIn(people, partner, member)
		if p == "" {
			err = errNobody
		}
		return p
	}
	for i := range f.Lines {
		out[0] = append(out[0], lineRow(person(f.Lines[i].Member), string(partner), f.Lines[i].Member.Value, &f.Lines[i].Line))
	}
	for i := range f.Auths {
		out[1] = append(out[1], authRow(person(f.Auths[i].Member), string(partner), f.Auths[i].Member.Value, &f.Auths[i].Auth))
	}
	for i := range f.Spans {
		out[2] = append(out[2], spanRow(person(f.Spans[i].Member), string(partner), f.Spans[i].Member.Value, &f.Spans[i].Span))
	}
	for i := range f.Plans {
		out[3] = append(out[3], planRow(person(f.Plans[i].Member), string(partner), f.Plans[i].Member.Value, &f.Plans[i].Plan))
	}
	if err == nil {
		err = checkKeys(out[:])
	}
	return out, err
}

// errNobody is a mistake of ours: facts are put after their members were found.
var errNobody = errors.New("ledger facts: a member has no person")

func (s *Store) personIn(people map[gateway.Identifier]string, partner gateway.PartnerID, member gateway.Identifier) string {
	if p, ok := people[member]; ok {
		return p
	}
	return people[s.xref(partner, member)]
}

// checkKeys refuses keys that no index can hold.
func checkKeys(batch [][]sheetRow) error {
	for i, rows := range batch {
		for r := range rows {
			for _, c := range factKinds[i].keyTexts {
				if len(rows[r].s[c]) > maxKey {
					return tooLong(len(rows[r].s[c]))
				}
			}
		}
	}
	return nil
}

// manyKeys is the number of keys from which a transaction locks the partner's
// facts as a whole.
const manyKeys = 64

// lockFacts keeps two transactions from writing the same key, or two ends of
// one chain, without seeing each other. SQLite has one writer anyway. The locks
// travel with the next read, which looks when it has them.
func lockFacts(t *tx, partner string, batch *factRowsBatch) {
	lines, auths, plans := batch[0], batch[1], batch[3]
	n := len(lines) + len(auths) + len(plans)
	if t.pg == nil || n == 0 {
		return
	}
	if n > manyKeys {
		lockAllFacts(t, partner)
		return
	}
	t.put("select pg_advisory_xact_lock_shared($1), pg_advisory_xact_lock_shared($2)", adviceLock, hashKey("facts", partner))
	var keys []int64
	for i := range lines {
		for _, id := range []string{lines[i].s[lineID], lines[i].s[lineClaim], lines[i].s[lineReplaces]} {
			keys = append(keys, hashKey("line", partner, id))
		}
	}
	for i := range auths {
		keys = append(keys, hashKey("auth", partner, auths[i].s[lineID]))
	}
	for i := range plans {
		keys = append(keys, hashKey(plans[i].s[planKindText], partner, plans[i].s[lineID]))
	}
	slices.Sort(keys)
	t.put("select pg_advisory_xact_lock(k) from unnest($1::bigint[]) with ordinality as u(k, n) order by n", slices.Compact(keys))
}

// lockAllFacts lets one transaction at a time write facts of the partner in bulk.
func lockAllFacts(t *tx, partner string) {
	if t.pg == nil {
		return
	}
	t.put("set local lock_timeout = '5min'")    // another import may hold it for a while
	t.put("set local plan_cache_mode = 'auto'") // a long list of keys is worth a plan of its own
	t.put("select pg_advisory_xact_lock_shared($1)", adviceLock)
	t.put("select pg_advisory_xact_lock($1)", hashKey("facts", partner))
}

func hashKey(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return int64(h.Sum64())
}

// putVersions appends the rows that say something new and gives them back. All
// of them get one number of the commit order, but for keys that come several
// times: their rows get one number each, in order. Persons in fresh have no rows
// yet.
func (s *Store) putVersions(ctx context.Context, t *tx, k *factKind, rows []sheetRow, fresh map[string]bool) (added []addedRow, err error) {
	for _, round := range roundsOf(k, rows) {
		old, err := k.versions(ctx, t, round, fresh)
		if err != nil {
			return nil, err
		}
		news := slices.DeleteFunc(round, func(r sheetRow) bool { return k.known(old[k.key(&r)], &r) })
		if len(news) == 0 {
			continue
		}
		seq, err := s.dialect.nextSeq(ctx, t, 1)
		if err != nil {
			return nil, err
		}
		for i := range news {
			news[i].n[factKnown] = seq
		}
		slices.SortFunc(news, compareByPerson) // rows of one bucket side by side
		if err := k.insertRows(ctx, t, news); err != nil {
			return nil, err
		}
		if err := linkPersons(ctx, t, k, news, old); err != nil {
			return nil, err
		}
		for i := range news {
			added = append(added, addedRow{&news[i], newest(old[k.key(&news[i])], &news[i])})
		}
	}
	return added, nil
}

// addedRow is a new version, and whether no older one was received later.
type addedRow struct {
	*sheetRow
	inForce bool
}

func newest(old []sheetRow, r *sheetRow) bool {
	return !slices.ContainsFunc(old, func(o sheetRow) bool { return o.n[factReceived] > r.n[factReceived] })
}

// roundsOf splits rows so that no key comes twice in a round.
func roundsOf(k *factKind, rows []sheetRow) [][]sheetRow {
	var rounds [][]sheetRow
	seen := make(map[factKey]int, len(rows))
	for i := range rows {
		key := k.key(&rows[i])
		n := seen[key]
		seen[key]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], rows[i])
	}
	return rounds
}
