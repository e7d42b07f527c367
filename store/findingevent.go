package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// findingEvent is the statement that keeps a change of state of the findings f
// that a condition, to be added, selects. Its values are SQL: state, day, run,
// until, who, why. $1 is the moment.
func findingEvent(values ...string) string {
	return `insert into finding_event (finding, no, state, day, run, until, who, why, at, told)
		select f.id, (select count(*) + 1 from finding_event e where e.finding = f.id), ` + strings.Join(values, ", ") + ", $1, 0 from finding f where "
}

// FindingEvents are the changes of state of a finding, oldest first; who may see
// the finding may see them. Findings from before events were kept have none.
func (s *Store) FindingEvents(ctx context.Context, id string) (out []gateway.FindingEvent, err error) {
	rows, err := s.reading().query(ctx, "select no, state, day, run, at, until, who, why from finding_event where finding = $1 order by no", id)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var e gateway.FindingEvent
		var at int64
		err := rows.Scan(&e.No, &e.State, &e.Day, &e.Run, &at, &e.Until, &e.Who, &e.Why)
		e.At = fromMicros(at)
		out = append(out, e)
		return err
	})
	return out, s.worded(err)
}

// FindingEvidence is what the night that saw a finding last knew of it; nil for
// findings of rules, and when that night is gone.
func (s *Store) FindingEvidence(ctx context.Context, f *gateway.Finding) (*ledger.Finding, error) {
	if f.Origin != gateway.FromNight {
		return nil, nil
	}
	out := &ledger.Finding{Kind: ledger.FindingKind(f.Kind), Partner: string(f.Partner), Ref: f.Record, Item: f.Item, Program: f.Program, Reason: f.Reason}
	err := s.reading().row(ctx, `select n.code, n.provider, n.payer, n.days, n.known from run_finding n
		where n.run = (select r.no from run r where r.id = $1) and n.kind = $2 and n.ref = $3 and n.item = $4 and n.partner = $5 and n.person = $6 limit 1`,
		f.SeenRun, f.Kind, f.Record, f.Item, string(f.Partner), f.Person).Scan(&out.Code, &out.Provider, &out.Payer, &out.Days, &out.Seq)
	if noRows(err) {
		return nil, nil
	}
	return out, s.worded(err)
}

// WaiveFinding lets an open finding that the caller may see rest until a date,
// inclusive; audited.
func (s *Store) WaiveFinding(ctx context.Context, w gateway.Waiver) error {
	if err := needReason("waive", w.Reason); err != nil {
		return err
	}
	if w.To < w.Today {
		return gateway.Faultf("waive", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a waiver until " + w.To.String(), Allowed: "today or later", Fix: "say until when it may rest"})
	}
	return s.inTx(ctx, func(t *tx) error {
		args := []any{int64(w.To), clip(w.Who), clip(w.Reason), w.ID}
		n, err := t.affect(ctx, "update finding as f set state = 'waived', waived_to = $1, waived_by = $2, waived_why = $3 where f.id = $4 and f.closed_day = 0 and "+mayFind(w.Caller, &args), args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.Faultf("waive", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no finding that is true under this id", Fix: "see throughline finding list"})
		}
		if err := t.exec(ctx, findingEvent("'waived'", "$2", "''", "f.waived_to", "f.waived_by", "f.waived_why")+"f.id = $3", s.micros(), int64(w.Today), w.ID); err != nil {
			return err
		}
		return s.auditAct(ctx, t, act{who: w.Who, action: "waive", typ: "Finding", id: w.ID, outcome: auditDone, detail: fmt.Sprintf("until %s: %s", w.To, w.Reason)})
	})
}
