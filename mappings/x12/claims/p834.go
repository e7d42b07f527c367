package claims

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/mappings/record"
)

// Maintenance types (INS03, HD01; X12 875) that we read.
const (
	change    = "001"
	deletion  = "002"
	addition  = "021"
	canceled  = "024"
	reinstate = "025"
	audit     = "030"
)

// Enrollment maps one INS of an 834 to a Coverage, an EpisodeOfCare where there
// is a program, and the ledger's spans: one for each HD, or for the member's
// eligibility where no HD is sent.
func Enrollment(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return mapped(m, p, set834)
}

// set834 reads a member.
var set834 = set{"834", "005010X220", func(r *reader) ([]record.Record, error) {
	header, members := wire.Runs(r.t.Body(), "INS")
	if len(members) != 1 {
		r.bad(r.t.Segments[0], 0, 0, fhir.CodeStructure, "not one INS", "one member a message", "send the file; it is cut into its members")
		return nil, nil
	}
	in := &insured{reader: r}
	in.header(header)
	if err := in.member(members[0]); err != nil {
		return nil, err
	}
	in.spans(members[0])
	return in.records, nil
}}

// insured is one member on its way from INS to records.
type insured struct {
	*reader
	received record.Instant
	payer    string
	who      record.Member
	person   record.Person
	county   string // N406 of the member's residence, where N405 says that it is one
	code     string // INS03
	records  []record.Record
}

func (in *insured) header(header []wire.Segment) {
	bgn := wire.First(header, "BGN")
	in.received = in.instant(bgn, 3, 4)
	payer := wire.First(header, "N1", "IN")
	if in.payer = payer.Elem(4); in.payer == "" {
		in.payer = payer.Elem(2)
	}
	if id, ok := in.ours("enrollment", "payer", in.payer); ok {
		in.payer = id
	}
	if bgn.Elem(8) == "4" {
		in.note(fhir.Information, "a full file (BGN08 4)", "nothing: a member whom a full file leaves out is not ended by that; send 024")
	}
}

// member finds whose enrollment it is. REF*0F is the subscriber's number: a
// dependent (INS01 N) needs one of its own, unless the partner's format says
// that its dependents have theirs there.
func (in *insured) member(segments []wire.Segment) error {
	ins := segments[0]
	in.code = ins.Elem(3)
	switch in.code {
	case change, deletion, addition, canceled, reinstate, audit:
	default:
		in.bad(ins, 3, 0, fhir.CodeCodeInvalid, shown(in.code), "001 change, 002 delete, 021 add, 024 end, 025 reinstate, 030 audit", "send one of these in INS03")
	}
	own, _ := wire.Runs(segments, "HD")
	nm1 := wire.First(own, "NM1", "IL", "74")
	id := wire.First(own, "REF", "0F").Elem(2)
	if ins.Elem(1) == "N" {
		if rule, _ := in.ours("enrollment", "dependent_id", "REF*0F"); rule != "own" {
			id = wire.First(own, "REF", "23").Elem(2)
		}
		if q := nm1.Elem(8); id == "" && (q == "MI" || q == "II" || q == "ZZ") {
			id = nm1.Elem(9)
		}
		if id == "" {
			return nobody(nm1, "a dependent (INS01 N) without a number of its own: REF*0F is the subscriber's")
		}
	}
	if id == "" {
		in.bad(ins, 0, 0, fhir.CodeRequired, "a member without REF*0F", "the member's number", "send it")
	}
	in.who, in.person = record.Member{MemberID: id}, in.reader.person(nm1, dmgAfter(own, nm1))
	in.county = in.countyOf(own, nm1)
	in.lose(own, "INS", "REF", "DTP", "NM1", "DMG", "N3", "N4", "PER")
	return nil
}

// countyOf is the county of the member's residence (N405 CY, N406), in the words
// that the partner's format has for it.
func (in *insured) countyOf(segments []wire.Segment, nm1 wire.Segment) string {
	if nm1.Zero() {
		return ""
	}
	n4 := wire.First(named(segments, nm1.Elem(1)), "N4")
	if n4.Elem(5) != "CY" {
		return ""
	}
	if to, ok := in.ours("enrollment", "county", n4.Elem(6)); ok {
		return to
	}
	return n4.Elem(6)
}

// dmgAfter is the DMG of the person an NM1 names: the first of its run.
func dmgAfter(segments []wire.Segment, nm1 wire.Segment) wire.Segment {
	if nm1.Zero() {
		return wire.Segment{}
	}
	return wire.First(named(segments, nm1.Elem(1)), "DMG")
}

// spans reads the HD loops, or the dates of the member where there is none.
func (in *insured) spans(segments []wire.Segment) {
	own, coverages := wire.Runs(segments, "HD")
	before := len(in.records)
	health := 0
	for _, run := range coverages {
		in.lose(run, "HD", "DTP", "REF")
		if line := run[0].Elem(3); besides[line] {
			in.note(fhir.Information, "coverage of the line "+line, "nothing: it pays for no service that is authorized here, and enrolls or ends nothing")
			continue
		}
		health++
		in.span(run[0].Elem(1), until(run, "LX", "COB", "LS"), own)
	}
	if len(coverages) == 0 || health == 0 && in.code == canceled && !wire.First(own, "DTP", "357").Zero() {
		in.span(in.code, nil, own)
	}
	if len(in.records) > before || in.issues.Errors() {
		return
	}
	in.records = append(in.records, &told{in.who, in.person})
	if in.code != change && health == len(coverages) {
		in.note(fhir.Warning, "enrollment without a date", "nothing is enrolled or ended by it; send DTP*348 or 356 to begin, 349 or 357 to end")
	}
}

// besides are insurance lines (HD03, X12 1205) that stand beside a member's
// health coverage: dental, drugs, hearing, vision, disability, review.
var besides = map[string]bool{"DCP": true, "DEN": true, "HE": true, "LTD": true, "MOD": true, "PDG": true, "STD": true, "UR": true, "VIS": true}

// span makes one record of a coverage: its own dates first, then the member's.
func (in *insured) span(code string, coverage, own []wire.Segment) {
	if code == "" {
		code = in.code
	}
	start, end := in.date("348", "356", coverage, own), in.date("349", "357", coverage, own)
	if start == "" && (code == reinstate || code == addition) {
		start = in.date("303", "303", coverage, own)
	}
	e := record.Enrollment{Member: in.who, Person: in.person, Start: start, End: end, Payer: in.payer, Program: in.program(coverage, own), County: in.county, Received: in.received}
	switch code {
	case canceled:
		if end == "" {
			in.bad(own[0], 3, 0, fhir.CodeRequired, "024 without an end", "DTP*349 of the coverage, or DTP*357 of the member", "send the last day that is covered")
			return
		}
		in.end(&e)
	case deletion:
		if start == "" {
			in.bad(own[0], 3, 0, fhir.CodeRequired, "002 without a begin", "DTP*348 of the coverage that never was", "send the day it was said to begin")
			return
		}
		e.End = record.Date((start.Day() - 1).String())
	default:
		if start == "" && end != "" {
			in.end(&e)
			return
		}
	}
	if start != "" {
		in.add(&e)
	}
}

// add keeps a record once: two coverages of one payer and period are one span.
func (in *insured) add(rec record.Record) {
	for _, r := range in.records {
		if r.ID() == rec.ID() {
			return
		}
	}
	in.records = append(in.records, rec)
}

// end ends whatever is known to hold; where the begin is stated too the span
// itself follows.
func (in *insured) end(e *record.Enrollment) {
	in.add(&record.Termination{Member: e.Member, Person: e.Person, Payer: e.Payer, Program: e.Program, End: e.End, Received: e.Received})
}

// date is the date of a coverage, or else of the member.
func (in *insured) date(qualifier, members string, coverage, own []wire.Segment) record.Date {
	s := wire.First(coverage, "DTP", qualifier)
	if s.Zero() {
		s = wire.First(own, "DTP", members)
	}
	if s.Zero() {
		return ""
	}
	day, _ := in.days(s, 2)
	return day
}

// program is what the partner's format makes of REF*CE or REF*17 of the
// coverage, or of the member's group (REF*1L, REF*17); else REF*CE as sent.
func (in *insured) program(coverage, own []wire.Segment) string {
	ce := wire.First(coverage, "REF", "CE").Elem(2)
	for _, code := range []string{ce, wire.First(coverage, "REF", "17").Elem(2), wire.First(own, "REF", "1L").Elem(2), wire.First(own, "REF", "17").Elem(2)} {
		if to, ok := in.ours("enrollment", "program", code); ok {
			return to
		}
	}
	return ce
}

// told is a member of whom a message tells only who it is.
type told struct {
	record.Member
	record.Person
}

// Name is "member".
func (*told) Name() string { return "member" }

// ID is the member's.
func (t *told) ID() string { return t.MemberID }

// Fill has nothing to add.
func (*told) Fill() {}

// Check has no rules.
func (*told) Check() fhir.Issues { return nil }
