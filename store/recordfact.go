package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// staffBucket holds the records that are about no child.
const staffBucket = -1

// putRecord appends one version of a record, unless the version in force says the
// same. It travels with the next statement: a record costs a message no round trip.
const putRecord = `insert into record_fact (bucket, person, partner, kind, id, known, received, body, member)
	select $1, $2, $3, $4, $5, $6, $7, $8, $9 where not exists (
		select 1 from record_fact a where a.partner = $3 and a.kind = $4 and a.id = $5 and a.person = $2 and a.body = $8 and not exists (
			select 1 from record_fact n where n.partner = a.partner and n.kind = a.kind and n.id = a.id and (n.received, n.known) > (a.received, a.known)))
	on conflict (bucket, person, partner, kind, id, known) do update set received = excluded.received, body = excluded.body, member = excluded.member`

// recordInForce is the condition that a row a of record_fact is the newest version
// of its key up to the watermark of the placeholder: the one that was received
// last, whoever's child it names by now.
func recordInForce(known string) string {
	return fmt.Sprintf(`a.known <= %[1]s and not exists (select 1 from record_fact n where n.partner = a.partner and n.kind = a.kind and n.id = a.id
		and n.known <= %[1]s and (n.received, n.known) > (a.received, a.known))`, known)
}

// records queues the records of the message under its own number of the commit
// order. Records of a child that the sender may not name stay out.
func (a *applying) records(context.Context) error {
	for i := range a.r.Mapped.Facts.Records {
		f := &a.r.Mapped.Facts.Records[i]
		person, bucket := "", staffBucket
		if f.Member.Value != "" {
			if person = a.people[f.Member]; person == "" {
				continue
			}
			bucket = bucketOf(person)
		}
		if len(f.ID) > maxKey {
			return tooLong(len(f.ID))
		}
		a.t.put(putRecord, bucket, person, string(a.caller.Partner), f.Kind, f.ID, a.seq, int64(f.Received), string(f.Body), f.Member.Value)
	}
	return nil
}

// tooLong refuses a key that no index can hold.
func tooLong(bytes int) error {
	return gateway.Faultf("ledger facts", gateway.Invalid, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeTooLong,
		Found: fmt.Sprintf("an id of %d bytes", bytes), Allowed: fmt.Sprintf("at most %d bytes", maxKey), Fix: "send the id itself"})
}

// moveRecords appends the records in force of one person once more, for another.
func (s *Store) moveRecords(ctx context.Context, t *tx, gone, kept string) error {
	seq, err := s.dialect.nextSeq(ctx, t, 1)
	if err != nil {
		return err
	}
	t.put(`insert into record_fact (bucket, person, partner, kind, id, known, received, body, member)
		select $1, $2, a.partner, a.kind, a.id, $3, a.received, a.body, a.member from record_fact a where a.bucket = $4 and a.person = $5 and `+recordInForce("$3"),
		bucketOf(kept), kept, seq, bucketOf(gone), gone)
	return nil
}

// StreamRecords calls f for every child with records in the buckets lo to hi, both
// inclusive, in the order of their keys, with the version in force of each record
// as of the watermark: by partner, kind and id. The slice is good until f returns.
func (s *Store) StreamRecords(ctx context.Context, lo, hi int, known int64, f func(person string, records []gateway.StoredRecord) error) error {
	var person string
	var records []gateway.StoredRecord
	flush := func() error {
		if len(records) == 0 {
			return nil
		}
		s.stepBack()
		return f(person, records)
	}
	err := s.eachRecord(ctx, lo, hi, "", known, func(p string, r gateway.StoredRecord) error {
		if p != person {
			if err := flush(); err != nil {
				return err
			}
			person, records = p, records[:0]
		}
		records = append(records, r)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// StaffRecords are the records about no child, in force as of the watermark: by
// partner, kind and id.
func (s *Store) StaffRecords(ctx context.Context, known int64) (out []gateway.StoredRecord, err error) {
	err = s.eachRecord(ctx, staffBucket, staffBucket, "", known, func(_ string, r gateway.StoredRecord) error {
		out = append(out, r)
		return nil
	})
	return out, err
}

// KindRecords calls f for every record of a kind in force as of the watermark.
func (s *Store) KindRecords(ctx context.Context, kind string, known int64, f func(person string, r gateway.StoredRecord) error) error {
	return s.eachRecord(ctx, staffBucket, Buckets-1, kind, known, f)
}

// eachRecord reads the records in force in buckets lo to hi, both inclusive; no kind
// is all kinds.
func (s *Store) eachRecord(ctx context.Context, lo, hi int, kind string, known int64, f func(person string, r gateway.StoredRecord) error) error {
	rows, err := s.reading().query(ctx, `select a.person, a.partner, a.kind, a.id, a.known, a.received, a.body, a.member from record_fact a
		where a.bucket between $1 and $2 and ($4 = '' or a.kind = $4) and `+recordInForce("$3")+" order by a.bucket, a.person, a.partner, a.kind, a.id", lo, hi, known, kind)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var r gateway.StoredRecord
		var person string
		var received int64
		if err := rows.Scan(&person, &r.Partner, &r.Kind, &r.ID, &r.Known, &received, &r.Body, &r.Member); err != nil {
			return err
		}
		r.Received = ledger.Stamp(received)
		return f(person, r)
	})
}
