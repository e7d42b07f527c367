package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// Buckets is the number of member buckets, fixed for the life of a store.
const Buckets = 256

// newID is a random id that carries its bucket in its first two hex digits, so
// that an id alone leads to its partition.
func newID(bucket int) string {
	var b [12]byte
	rand.Read(b[:])
	return fmt.Sprintf("%02x%s", bucket, hex.EncodeToString(b[:]))
}

func randomBucket() int {
	var b [1]byte
	rand.Read(b[:])
	return int(b[0])
}

// bucketOf reads the bucket back from an id or a person key.
func bucketOf(id string) int {
	b, err := hex.DecodeString(id[:min(2, len(id))])
	if err != nil || len(b) == 0 {
		return 0
	}
	return int(b[0])
}

// xrefSystem scopes an identifier's system: trusted systems name the same
// person for everyone, all others only within the partner that used them.
func (s *Store) xrefSystem(partner gateway.PartnerID, system string) string {
	if system == s.Policy.MemberSystem || slices.Contains(s.Policy.TrustedSystems, system) {
		return system
	}
	return string(partner) + "|" + system
}

// identity is an identifier as patient_xref keeps it.
func (s *Store) xref(partner gateway.PartnerID, id gateway.Identifier) gateway.Identifier {
	return gateway.Identifier{System: s.xrefSystem(partner, id.System), Value: id.Value}
}

// personsOf finds the persons of scoped identifiers and makes those that are
// new; fresh holds the persons made by this call.
func (s *Store) personsOf(ctx context.Context, t *tx, ids []gateway.Identifier) (people map[gateway.Identifier]string, fresh map[string]bool, err error) {
	people, fresh = map[gateway.Identifier]string{}, map[string]bool{}
	ids = distinct(ids)
	if err := s.findPersons(ctx, t, ids, people); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		if _, ok := people[id]; ok {
			continue
		}
		person, err := s.makePerson(ctx, t, id)
		if err != nil {
			return nil, nil, err
		}
		if person != "" {
			people[id], fresh[person] = person, true
		}
	}
	if len(people) < len(ids) { // lost a race for some of them: they are there now
		err = s.findPersons(ctx, t, ids, people)
	}
	return people, fresh, err
}

func distinct(ids []gateway.Identifier) []gateway.Identifier {
	out := slices.Clone(ids)
	slices.SortFunc(out, func(a, b gateway.Identifier) int {
		if c := strings.Compare(a.System, b.System); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return slices.Compact(out)
}

// xrefChunk bounds the placeholders of one look-up.
const xrefChunk = 400

func (s *Store) findPersons(ctx context.Context, t *tx, ids []gateway.Identifier, into map[gateway.Identifier]string) error {
	for chunk := range slices.Chunk(ids, xrefChunk) {
		var args []any
		pairs := make([]string, len(chunk))
		for i, id := range chunk {
			pairs[i] = fmt.Sprintf("(%s, %s)", bind(&args, id.System), bind(&args, id.Value))
		}
		rows, err := t.query(ctx, "select system, value, person from patient_xref where (system, value) in (values "+strings.Join(pairs, ", ")+")", args...)
		if err != nil {
			return err
		}
		err = eachRow(rows, func() error {
			var id gateway.Identifier
			var person string
			if err := rows.Scan(&id.System, &id.Value, &person); err != nil {
				return err
			}
			into[id] = person
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// makePerson makes a person for an identifier nobody has; "" when somebody else
// was first.
func (s *Store) makePerson(ctx context.Context, t *tx, id gateway.Identifier) (string, error) {
	person := s.putPerson(t)
	n, err := t.affect(ctx, "insert into patient_xref (system, value, person) values ($1, $2, $3) on conflict do nothing", id.System, id.Value, person)
	if err != nil || n == 1 {
		return person, err
	}
	return "", t.exec(ctx, "delete from person where id = $1", person)
}

// putPerson queues a person that no identifier names yet.
func (s *Store) putPerson(t *tx) string {
	bucket := randomBucket()
	person := newID(bucket)
	t.put("insert into person (id, bucket, created_at) values ($1, $2, $3)", person, bucket, s.micros())
	return person
}
