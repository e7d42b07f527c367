package claims

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/mappings/tofhir"
)

// Remittance maps one CLP of an 835 to an ExplanationOfBenefit and the payer's
// word on each of its lines. Provider adjustments (PLB) are money between payer
// and payee and say nothing of a line.
func Remittance(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return mapped(m, p, set835)
}

// set835 reads a payment.
var set835 = set{"835", "005010X221", func(r *reader) ([]record.Record, error) {
	header, claims := wire.Runs(r.t.Body(), "CLP")
	if len(claims) == 0 && !wire.First(header, "PLB").Zero() {
		r.lose(header[len(header)-1:])
		return nil, nil
	}
	if len(claims) != 1 {
		r.bad(r.t.Segments[0], 0, 0, fhir.CodeStructure, "not one CLP", "one claim a message", "send the file; it is cut into its claims")
		return nil, nil
	}
	rec := &record.Remittance{Created: r.instant(r.t.GS, 4, 5)}
	r.parties(rec, header)
	return []record.Record{rec}, r.payment(rec, claims[0])
}}

// parties reads payer (N1*PR) and payee (N1*PE).
func (r *reader) parties(rec *record.Remittance, header []wire.Segment) {
	_, names := wire.Runs(until(header, "LX"), "N1")
	for _, run := range names {
		n1 := run[0]
		who := record.Party{Name: n1.Elem(2), ID: n1.Elem(4)}
		switch n1.Elem(1) {
		case "PR":
			if who.ID == "" {
				who.ID = wire.First(run, "REF", "2U").Elem(2)
			}
			if id, ok := r.ours("enrollment", "payer", who.ID); ok {
				who.ID = id
			}
			if len(r.p.Payers) == 1 {
				who.ID = r.p.Payers[0]
			}
			rec.Payer = who
		case "PE":
			rec.Payee = who
		}
	}
}

// payment reads CLP and what belongs to the claim as a whole, then its lines.
func (r *reader) payment(rec *record.Remittance, segments []wire.Segment) error {
	head, lines := wire.Runs(segments, "SVC")
	clp := head[0]
	rec.ClaimID, rec.Status, rec.Control, rec.Place = clp.Elem(1), clp.Elem(2), clp.Elem(7), clp.Elem(8)
	rec.Charge, rec.Paid = r.decimal(clp, 3), r.decimal(clp, 4)
	if rec.ClaimID == "" {
		r.bad(clp, 1, 0, fhir.CodeRequired, "nothing", "the claim's own number", "write CLP01 as CLM01 was sent")
	}
	if tofhir.StatusWord(rec.Status) == "" {
		r.bad(clp, 2, 0, fhir.CodeCodeInvalid, shown(rec.Status), "1, 2, 3, 4, 19, 20, 21, 22, 23, 25", "send one of these in CLP02")
	}
	who := wire.First(head, "NM1", "QC")
	switch who.Elem(8) {
	case "MI", "MR", "HN", "II":
		rec.MemberID = who.Elem(9)
	}
	if rec.MemberID == "" {
		return nobody(who, "a patient (NM1*QC) without a member id")
	}
	rec.Person = r.person(who, wire.Segment{})
	rec.Start, rec.End = r.between(head, "232", "233")
	rec.Adjusted = r.adjustments(head)
	r.lose(head, "CLP", "CAS", "NM1", "DTM", "REF")
	for _, run := range lines {
		r.paidLine(rec, run)
	}
	return nil
}

// between reads the first and last day of a DTM pair; DTM02 is CCYYMMDD.
func (r *reader) between(segments []wire.Segment, first, last string) (from, to record.Date) {
	for _, d := range []struct {
		qualifier string
		into      *record.Date
	}{{first, &from}, {last, &to}} {
		s := wire.First(segments, "DTM", d.qualifier)
		if s.Zero() {
			continue
		}
		day, ok := wire.Day(s.Elem(2))
		if !ok {
			r.bad(s, 2, 0, fhir.CodeValue, shown(s.Elem(2)), "CCYYMMDD", "write the date so")
			continue
		}
		*d.into = record.Date(day)
	}
	if to != "" && to < from {
		r.bad(segments[0], 0, 0, fhir.CodeInvariant, "a last day before the first", "days in order", "correct the DTM")
	}
	return from, to
}

// adjustments reads CAS: a group, then up to six of reason, amount, quantity.
func (r *reader) adjustments(segments []wire.Segment) []record.Adjustment {
	var out []record.Adjustment
	for _, s := range segments {
		if !s.Is("CAS") {
			continue
		}
		if group := s.Elem(1); !slices.Contains([]string{"CO", "CR", "OA", "PI", "PR"}, group) {
			r.bad(s, 1, 0, fhir.CodeCodeInvalid, shown(group), "CO, CR, OA, PI, PR", "send one of these in CAS01")
		}
		for n := 2; n <= 17; n += 3 {
			if reason := s.Elem(n); reason != "" {
				out = append(out, record.Adjustment{Group: s.Elem(1), Reason: reason, Amount: r.decimal(s, n+1)})
			}
		}
	}
	return out
}

// paidLine reads one SVC. SVC06 is the service as it was sent where the payer
// paid another.
func (r *reader) paidLine(rec *record.Remittance, run []wire.Segment) {
	svc := run[0]
	at := 1
	if svc.Elem(6) != "" {
		at = 6
	}
	if q := svc.Comp(at, 1); q != "HC" {
		r.bad(svc, at, 1, fhir.CodeCodeInvalid, shown(q), "HC (HCPCS and CPT)", "name the service by its HCPCS code, with the component separator of ISA16")
	}
	l := record.RemittanceLine{Code: svc.Comp(at, 2), Charge: r.decimal(svc, 2), Paid: r.decimal(svc, 3), Adjusted: r.adjustments(run), Control: wire.First(run, "REF", "6R").Elem(2)}
	if l.Code == "" {
		r.bad(svc, at, 2, fhir.CodeRequired, "nothing", "a HCPCS or CPT code", "write the code behind the component separator")
	}
	for n := 3; n <= 6; n++ {
		if m := svc.Comp(at, n); m != "" {
			l.Modifiers = append(l.Modifiers, m)
		}
	}
	if l.Units = r.decimal(svc, 7); l.Units == "" {
		l.Units = r.decimal(svc, 5)
	}
	if l.Start, _ = r.between(run, "472", "472"); l.Start == "" {
		l.Start, l.End = r.between(run, "150", "151")
	}
	if l.Start == "" {
		l.Start = rec.Start
	}
	for _, s := range run {
		if s.Is("LQ", "HE") {
			l.Remarks = append(l.Remarks, s.Elem(2))
		}
	}
	r.lose(run, "SVC", "DTM", "CAS", "REF", "LQ")
	rec.Lines = append(rec.Lines, l)
}
