package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/ledger"
)

// StreamCases calls f for every child with lines or authorizations in the
// buckets lo to hi, both inclusive, as of the watermark. A range of buckets is
// held in memory, never more: choose ranges of some hundred thousand lines at
// most. Rows are read as they lie and put in order here: a sort of the whole by
// the database costs more than all the rest (speed.md, section 1). The case is
// good until f returns.
func (s *Store) StreamCases(ctx context.Context, lo, hi int, known int64, f func(*ledger.Case) error) error {
	b := &bucketCases{index: map[string]int32{}}
	if err := s.readBuckets(ctx, b, lo, hi, known); err != nil {
		return err
	}
	lines, firstLine := group(b.lines, b.lineOf, len(b.people))
	auths, firstAuth := group(b.auths, b.authOf, len(b.people))
	spans, firstSpan := group(b.spans, b.spanOf, len(b.people))
	b.lines, b.auths, b.spans = nil, nil, nil
	order := make([]int32, len(b.people))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int {
		if b.people[x] < b.people[y] {
			return -1
		}
		return 1
	})
	for _, p := range order {
		c := ledger.Case{Member: b.people[p], Lines: lines[firstLine[p]:firstLine[p+1]], Auths: auths[firstAuth[p]:firstAuth[p+1]], Spans: spans[firstSpan[p]:firstSpan[p+1]]}
		if err := f(&c); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// bucketCases are the rows of some buckets in the order of reading, each with
// its person's place in people.
type bucketCases struct {
	people []string
	index  map[string]int32
	guests map[string][]int32 // foreign person -> people whose chains meet it

	lines                  pages[ledger.Line]
	auths                  pages[ledger.Auth]
	spans                  pages[ledger.Span]
	lineOf, authOf, spanOf []int32
}

func (b *bucketCases) place(person string) int32 {
	i, ok := b.index[person]
	if !ok {
		i = int32(len(b.people))
		person = string([]byte(person)) // do not hold on to the whole row
		b.index[person] = i
		b.people = append(b.people, person)
	}
	return i
}

// readBuckets reads everything from one snapshot: facts are only ever added, so
// what is known up to the watermark is the same in every snapshot.
func (s *Store) readBuckets(ctx context.Context, b *bucketCases, lo, hi int, known int64) error {
	t, err := s.beginRead(ctx)
	if err != nil {
		return err
	}
	defer t.rollback()
	where := fmt.Sprintf("bucket between %d and %d and known <= $1", lo, hi)
	err = lineKind.eachOf(ctx, t, where, []any{known}, func(r *sheetRow) error {
		*b.lines.add() = lineOf(r)
		b.lineOf = append(b.lineOf, b.place(r.s[factPerson]))
		return nil
	})
	if err != nil {
		return err
	}
	err = authKind.eachOf(ctx, t, where, []any{known}, func(r *sheetRow) error {
		*b.auths.add() = authOf(r)
		b.authOf = append(b.authOf, b.place(r.s[factPerson]))
		return nil
	})
	if err != nil {
		return err
	}
	err = spanKind.eachOf(ctx, t, where, []any{known}, func(r *sheetRow) error {
		if p, ok := b.index[r.s[factPerson]]; ok {
			*b.spans.add() = spanOf(r)
			b.spanOf = append(b.spanOf, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.invite(ctx, t, lo, hi, known)
}

// invite adds the rows of other persons whose chains meet those of the buckets.
func (b *bucketCases) invite(ctx context.Context, t *tx, lo, hi int, known int64) error {
	b.guests = map[string][]int32{}
	rows, err := t.query(ctx, `with recursive r(root, person) as (select person, other from person_link where person >= $1 and person < $2 union
		select r.root, l.other from r join person_link l on l.person = r.person) select root, person from r where person <> root order by root, person`,
		fmt.Sprintf("%02x", lo), upTo(hi))
	if err != nil {
		return err
	}
	err = eachRow(rows, func() error {
		var root, guest string
		if err := rows.Scan(&root, &guest); err != nil {
			return err
		}
		if p, ok := b.index[root]; ok {
			b.guests[guest] = append(b.guests[guest], p)
		}
		return nil
	})
	if err != nil || len(b.guests) == 0 {
		return err
	}
	people := make([]sheetRow, 0, len(b.guests))
	for guest := range b.guests {
		people = append(people, sheetRow{s: [16]string{factPerson: guest}})
	}
	err = lineKind.eachOfPersons(ctx, t, people, nil, func(r *sheetRow) error { b.guestLine(r, known); return nil })
	if err != nil {
		return err
	}
	return authKind.eachOfPersons(ctx, t, people, nil, func(r *sheetRow) error { b.guestAuth(r, known); return nil })
}

// upTo is the text after all person keys of a bucket.
func upTo(bucket int) string {
	if bucket >= Buckets-1 {
		return "g"
	}
	return fmt.Sprintf("%02x", bucket+1)
}

func (b *bucketCases) guestLine(r *sheetRow, known int64) {
	if r.n[factKnown] > known {
		return
	}
	for _, p := range b.guests[r.s[factPerson]] {
		l := lineOf(r)
		l.Foreign = true
		*b.lines.add() = l
		b.lineOf = append(b.lineOf, p)
	}
}

func (b *bucketCases) guestAuth(r *sheetRow, known int64) {
	if r.n[factKnown] > known {
		return
	}
	for _, p := range b.guests[r.s[factPerson]] {
		a := authOf(r)
		a.Foreign = true
		*b.auths.add() = a
		b.authOf = append(b.authOf, p)
	}
}
