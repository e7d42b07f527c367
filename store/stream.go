package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/ledger"
)

// StreamCases calls f for every child with lines, authorizations or plans in the
// buckets lo to hi, both inclusive, as of the watermark. A range of buckets is
// held in memory, never more: choose ranges of some ten thousand lines. Rows are
// read as they lie and put in order here: a sort of the whole by the database
// costs more than all the rest (speed.md, section 1). The case is good until f
// returns.
func (s *Store) StreamCases(ctx context.Context, lo, hi int, known int64, f func(*ledger.Case) error) error {
	return s.stream(ctx, reach{lo, hi, known, ""}, f)
}

// StreamChanged is StreamCases for the children whom a run has to judge because
// they have changed since its base.
func (s *Store) StreamChanged(ctx context.Context, run *ledger.Run, lo, hi int, f func(*ledger.Case) error) error {
	return s.stream(ctx, reach{lo, hi, run.Known, fmt.Sprintf(" and (bucket, person) in (select bucket, person from run_person where run = %d and bucket between %d and %d)", run.No, lo, hi)}, f)
}

func (s *Store) arena(k *factKind) arena { return arena{sheet: &k.sheet, yield: s.stepBack} }

// reach is what a stream covers.
type reach struct {
	lo, hi int
	known  int64
	only   string // a further condition on the persons
}

func (s *Store) stream(ctx context.Context, of reach, f func(*ledger.Case) error) error {
	b := &bucketCases{index: map[string]int32{}, lines: s.arena(lineKind), auths: s.arena(authKind), spans: s.arena(spanKind), plans: s.arena(planFactKind)}
	if err := s.readBuckets(ctx, b, of); err != nil {
		return err
	}
	lines, auths, spans, plans := b.lines.byPerson(len(b.people)), b.auths.byPerson(len(b.people)), b.spans.byPerson(len(b.people)), b.plans.byPerson(len(b.people))
	var c ledger.Case
	for _, p := range b.order() {
		c.Member = b.people[p]
		c.Lines = unpack(&b.lines, c.Lines, lines[p], lines[p+1], func(r *sheetRow, foreign bool) (l ledger.Line) { l = lineOf(r); l.Foreign = foreign; return })
		c.Auths = unpack(&b.auths, c.Auths, auths[p], auths[p+1], func(r *sheetRow, foreign bool) (a ledger.Auth) { a = authOf(r); a.Foreign = foreign; return })
		c.Spans = unpack(&b.spans, c.Spans, spans[p], spans[p+1], func(r *sheetRow, _ bool) ledger.Span { return spanOf(r) })
		c.Plans = unpack(&b.plans, c.Plans, plans[p], plans[p+1], func(r *sheetRow, foreign bool) (p ledger.Plan) { p = planOf(r); p.Foreign = foreign; return })
		if err := f(&c); err != nil {
			return err
		}
		s.stepBack()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// unpack fills a slice, used again for every child, with the rows of one.
func unpack[T any](a *arena, into []T, from, to int, of func(r *sheetRow, foreign bool) T) []T {
	var r sheetRow
	into = into[:0]
	for _, p := range a.places[from:to] {
		a.row(p, &r)
		into = append(into, of(&r, p.foreign))
	}
	return into
}

// bucketCases are the rows of some buckets, each with its person's place in
// people.
type bucketCases struct {
	people []string
	index  map[string]int32
	guests map[string][]int32 // foreign person -> people whose chains meet it

	lines, auths, spans, plans arena
}

// moving are the rows whose keys can move from one person to another.
func (b *bucketCases) moving() []*arena { return []*arena{&b.lines, &b.auths, &b.plans} }

// order are the places of the people, sorted by their keys.
func (b *bucketCases) order() []int32 {
	order := make([]int32, len(b.people))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return strings.Compare(b.people[x], b.people[y]) })
	return order
}

func (b *bucketCases) place(person []byte) int32 {
	i, ok := b.index[string(person)]
	if !ok {
		i = int32(len(b.people))
		b.people = append(b.people, string(person))
		b.index[b.people[i]] = i
	}
	return i
}

// readBuckets reads everything from one snapshot: facts are only ever added, so
// what is known up to the watermark is the same in every snapshot.
func (s *Store) readBuckets(ctx context.Context, b *bucketCases, of reach) error {
	t, err := s.beginRead(ctx, s.read)
	if err != nil {
		return err
	}
	defer t.rollback()
	where := fmt.Sprintf("bucket between %d and %d and known <= %s", of.lo, of.hi, mark(t, 1)) + of.only
	each := (*sheet).eachRaw
	if s.Live != nil && s.Live.Busy() {
		each = (*sheet).eachPaced
	}
	for _, a := range b.moving() {
		err := each(a.sheet, ctx, t, where, []any{of.known}, func(r *rawRow) error {
			a.add(r, b.place(r.s[factPerson]), false)
			return nil
		})
		if err != nil {
			return err
		}
	}
	err = each(b.spans.sheet, ctx, t, where, []any{of.known}, func(r *rawRow) error {
		if p, ok := b.index[string(r.s[factPerson])]; ok {
			b.spans.add(r, p, false)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.invite(ctx, t, of.lo, of.hi, of.known)
}

// invite adds the rows of other persons whose chains meet those of the buckets.
func (b *bucketCases) invite(ctx context.Context, t *tx, lo, hi int, known int64) error {
	if err := b.findGuests(ctx, t, lo, hi); err != nil || len(b.guests) == 0 {
		return err
	}
	people := make([]string, 0, len(b.guests))
	for guest := range b.guests {
		people = append(people, guest)
	}
	for _, a := range b.moving() {
		err := eachOfPersons(t, people, func(where string, args []any) error {
			return a.eachRaw(ctx, t, where, args, func(r *rawRow) error {
				if r.n[factKnown] > known {
					return nil
				}
				for _, p := range b.guests[string(r.s[factPerson])] {
					a.add(r, p, true)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bucketCases) findGuests(ctx context.Context, t *tx, lo, hi int) error {
	b.guests = map[string][]int32{}
	rows, err := t.query(ctx, `with recursive r(root, person) as (select person, other from person_link where person >= $1 and person < $2 union
		select r.root, l.other from r join person_link l on l.person = r.person) select root, person from r where person <> root order by root, person`,
		fmt.Sprintf("%02x", lo), upTo(hi))
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var root, guest string
		if err := rows.Scan(&root, &guest); err != nil {
			return err
		}
		if p, ok := b.index[root]; ok {
			b.guests[guest] = append(b.guests[guest], p)
		}
		return nil
	})
}

// upTo is the text after all person keys of a bucket.
func upTo(bucket int) string {
	if bucket >= Buckets-1 {
		return "g"
	}
	return fmt.Sprintf("%02x", bucket+1)
}
