package claims

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/mappings/tofhir"
)

// reader reads one unit and collects what is wrong with it.
type reader struct {
	t      *wire.Transaction
	p      *gateway.Partner
	issues fhir.Issues
	lost   []string // segments that have no place in the record
}

// set is a transaction set that we read: ST01, the beginning of its version, and
// how a unit of it becomes records.
type set struct {
	id, version string
	records     func(*reader) ([]record.Record, error)
}

// mapped is what a message means: resources, facts, relations.
func mapped(m *gateway.Message, p *gateway.Partner, s set) (*gateway.Mapped, error) {
	r, issues := read(m.Body, p, s)
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	records, err := s.records(r)
	if err != nil {
		return nil, err
	}
	return r.done(m, records...), nil
}

// Facts are the ledger's rows of one claim (x12/837P) or member (x12/834) without
// its resources: the bulk door, for files too large to become resources.
func Facts(kind gateway.Kind, body []byte, p *gateway.Partner) (gateway.Facts, fhir.Issues) {
	s, ok := map[gateway.Kind]set{"x12/837P": set837, "x12/834": set834}[kind]
	if !ok {
		return gateway.Facts{}, fhir.Issues{{Severity: fhir.Error, Code: "not-supported", Found: string(kind), Allowed: "x12/837P, x12/834", Fix: "send it as messages; the bulk door takes claims and enrollment"}}
	}
	r, issues := read(body, p, s)
	if r == nil {
		return gateway.Facts{}, issues
	}
	records, err := s.records(r)
	if err != nil {
		return gateway.Facts{}, gateway.FaultOf(err).Issues
	}
	var out gateway.Facts
	if !r.issues.Errors() {
		for _, rec := range records {
			join(&out, tofhir.Facts(rec, p))
		}
	}
	return out, r.issues
}

// join adds what a further record means.
func join(f *gateway.Facts, g gateway.Facts) {
	f.Lines, f.Spans, f.Advices = append(f.Lines, g.Lines...), append(f.Spans, g.Spans...), append(f.Advices, g.Advices...)
}

// read parses a message that must be a transaction of that set and version.
func read(body []byte, p *gateway.Partner, want set) (*reader, fhir.Issues) {
	t, found := wire.Parse(body)
	if len(found) > 0 {
		var issues fhir.Issues
		for _, i := range found {
			issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeStructure, Path: i.Place.Name(), Where: i.Place.String(), Found: i.Found, Allowed: i.Allowed, Fix: i.Fix})
		}
		return nil, issues
	}
	r := &reader{t: t, p: p}
	if t.ID() != want.id || !strings.HasPrefix(t.Version(), want.version) {
		r.bad(t.Segments[0], 3, 0, "not-supported", shown(t.ID()+" "+t.Version()), want.id+" "+want.version, "send this set in this version; others are not supported")
		return nil, r.issues
	}
	return r, nil
}

// bad notes an issue at element n, component c of a segment.
func (r *reader) bad(s wire.Segment, n, c int, code, found, allowed, fix string) {
	place := s.Place(n, c)
	r.issues = append(r.issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: place.Name(), Where: place.String(), Found: found, Allowed: allowed, Fix: fix})
}

// note says something that refuses nothing.
func (r *reader) note(severity fhir.Severity, found, fix string) {
	r.issues = append(r.issues, fhir.Issue{Severity: severity, Code: "informational", Path: r.t.ID(), Found: found, Fix: fix})
}

// lose remembers segments that are not kept; names of the qualified ones too.
func (r *reader) lose(segments []wire.Segment, kept ...string) {
	for _, s := range segments {
		if !slices.Contains(kept, s.ID()) && !slices.Contains(r.lost, s.ID()) {
			r.lost = append(r.lost, s.ID())
		}
	}
}

// done ends a reading: refused when something is wrong, else what the records
// mean, with what was lost.
func (r *reader) done(m *gateway.Message, records ...record.Record) *gateway.Mapped {
	if len(r.lost) > 0 {
		slices.Sort(r.lost)
		r.note(fhir.Information, "segments that have no place in FHIR or in the ledger: "+strings.Join(r.lost, ", "), "nothing: the message is kept as it came")
	}
	out := &gateway.Mapped{Issues: r.issues}
	if r.issues.Errors() {
		return out
	}
	for _, rec := range records {
		add(out, tofhir.Map(rec, m, r.p))
	}
	return out
}

// add puts what a further record means beside the others; the Patient of all of
// them is one.
func add(out, more *gateway.Mapped) {
	for _, c := range more.Changes {
		if !slices.ContainsFunc(out.Changes, func(o gateway.Change) bool { return o.FullURL == c.FullURL }) {
			out.Changes = append(out.Changes, c)
		}
	}
	join(&out.Facts, more.Facts)
	out.Relations = append(out.Relations, more.Relations...)
	out.Issues = append(out.Issues, more.Issues...)
}

// shown is a short code as it was sent; anything else is only described.
func shown(s string) string {
	switch {
	case s == "":
		return "nothing"
	case len(s) > 24:
		return fmt.Sprintf("a text of %d bytes", len(s))
	}
	return strconv.Quote(s)
}

// masked describes what may name a person.
func masked(s string) string {
	if s == "" {
		return "nothing"
	}
	return fmt.Sprintf("a text of %d bytes", len(s))
}

// day reads a date by its qualifier in element n; "" when it is wrong, which is
// noted.
func (r *reader) days(s wire.Segment, n int) (from, to record.Date) {
	a, b, ok := s.Period(n)
	if !ok {
		r.bad(s, n+1, 0, fhir.CodeValue, masked(s.Elem(n+1))+" with qualifier "+shown(s.Elem(n)), "D8 and CCYYMMDD, or RD8 and two of them in order", "write the date so")
		return "", ""
	}
	return record.Date(a), record.Date(b)
}

// decimal reads an amount or a count; "" when there is none or it is wrong.
func (r *reader) decimal(s wire.Segment, n int) string {
	text := s.Elem(n)
	if text == "" {
		return ""
	}
	out, ok := wire.Decimal(text)
	if !ok {
		r.bad(s, n, 0, fhir.CodeValue, shown(text), "digits, with a point where there are cents", "write the number so")
	}
	return out
}

// instant is the moment of a date and a time element in the partner's zone.
func (r *reader) instant(s wire.Segment, date, clock int) record.Instant {
	day, ok := wire.Day(s.Elem(date))
	if !ok {
		r.bad(s, date, 0, fhir.CodeValue, shown(s.Elem(date)), "CCYYMMDD", "write the date so")
		return ""
	}
	at, ok := wire.Clock(s.Elem(clock))
	if !ok {
		return record.Instant(day)
	}
	zone := r.p.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateTime, day+" "+at, zone)
	if err != nil {
		return record.Instant(day)
	}
	return record.Instant(t.Format(time.RFC3339))
}

// party reads an NM1 and what follows it.
func party(run []wire.Segment) record.Party {
	n := run[0]
	p := record.Party{Name: n.Elem(3), Given: n.Elem(4), Person: n.Elem(2) == "1", ID: n.Elem(9), Field: wire.First(run, "PRV").Elem(3)}
	for _, qualifier := range []string{"G2", "EI"} { // the payer's own id of an atypical provider, then its tax id
		if p.ID == "" {
			p.ID = wire.First(run, "REF", qualifier).Elem(2)
		}
	}
	return p
}

// named is the run of the NM1 with that code; nil when there is none.
func named(segments []wire.Segment, code string) []wire.Segment {
	_, runs := wire.Runs(segments, "NM1")
	for _, run := range runs {
		if run[0].Is("NM1", code) {
			return run
		}
	}
	return nil
}

// person is what an NM1 and a DMG tell about a member.
func (r *reader) person(nm1, dmg wire.Segment) record.Person {
	p := record.Person{Family: nm1.Elem(3), Given: nm1.Elem(4)}
	if dmg.Elem(2) != "" {
		p.BirthDate, _ = r.days(dmg, 1)
	}
	p.Gender = map[string]string{"M": "male", "F": "female", "U": "unknown"}[dmg.Elem(3)]
	return p
}

// until is the run up to the first segment of one of these names.
func until(segments []wire.Segment, names ...string) []wire.Segment {
	for i, s := range segments {
		if slices.Contains(names, s.ID()) {
			return segments[:i]
		}
	}
	return segments
}

// ours translates a partner's code of a column by its own format.
func (r *reader) ours(format, column, code string) (string, bool) {
	to, ok := r.p.Formats[format].Codes[column][code]
	return to, ok
}

// nobody holds a unit whose person has no id of their own: people are never
// matched by name and birth date.
func nobody(s wire.Segment, found string) error {
	place := s.Place(9, 0)
	return gateway.Faultf("map", gateway.Unmapped, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: place.Name(), Where: place.String(), Found: found,
		Allowed: "the member's own id (a Medicaid child is its own subscriber)", Fix: "send the child as the subscriber; until then a person has to say who it is"})
}
