package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// AddHold keeps the records of a child from being purged, by one of its
// identifiers; without one, those of all children. Audited without the identifier.
func (s *Store) AddHold(ctx context.Context, partner gateway.PartnerID, child gateway.Identifier, reason, who string) (id string, err error) {
	if err := needReason("hold", reason); err != nil {
		return "", err
	}
	err = s.inTx(ctx, func(t *tx) error {
		person := ""
		if child.Value != "" {
			found := map[gateway.Identifier]string{}
			key := s.xref(partner, child)
			if err := s.findPersons(ctx, t, []gateway.Identifier{key}, found); err != nil {
				return err
			}
			if person = found[key]; person == "" {
				return gateway.Faultf("hold", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "nobody with this identifier", Fix: "check the member id, and whose it is"})
			}
		}
		id = "h" + newID(randomBucket())
		t.put("insert into legal_hold (id, person, reason, who, at) values ($1, $2, $3, $4, $5)", id, person, clip(reason), clip(who), s.micros())
		return s.auditAct(ctx, t, act{who: who, action: "hold", typ: "LegalHold", id: id, outcome: auditDone, detail: reason})
	})
	return id, err
}

// ReleaseHold ends one; audited.
func (s *Store) ReleaseHold(ctx context.Context, id, reason, who string) error {
	if err := needReason("hold", reason); err != nil {
		return err
	}
	return s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, "update legal_hold set released_at = $2, released_by = $3 where id = $1 and released_at = 0", id, s.micros(), clip(who))
		if err == nil && n == 0 {
			return gateway.Faultf("hold", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no hold in force under this id", Fix: "see throughline hold list"})
		}
		if err != nil {
			return err
		}
		return s.auditAct(ctx, t, act{who: who, action: "release", typ: "LegalHold", id: id, outcome: auditDone, detail: reason})
	})
}

// Holds lists them, newest first; those that are over too.
func (s *Store) Holds(ctx context.Context) (out []gateway.Hold, err error) {
	rows, err := s.reading().query(ctx, "select id, person, reason, who, at, released_at, released_by from legal_hold order by at desc, id")
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var h gateway.Hold
		var at, released int64
		err := rows.Scan(&h.ID, &h.Person, &h.Reason, &h.Who, &at, &released, &h.ReleasedBy)
		h.At, h.Released = fromMicros(at), fromMicros(released)
		out = append(out, h)
		return err
	})
	return out, s.worded(err)
}

// underHold is the condition that a person may not be purged.
func underHold(person string) string {
	return fmt.Sprintf("exists (select 1 from legal_hold h where h.released_at = 0 and (h.person = '' or h.person = %s))", person)
}
