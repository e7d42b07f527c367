package x12

import (
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	wire "github.com/throughline/throughline/internal/x12"
)

// ReadReview reads a 278. Issues of severity error say why it is none; others
// name what has no place in FHIR and is lost.
func ReadReview(t *wire.Transaction, zone *time.Location) (*Review, fhir.Issues) {
	r := &reviewReader{zone: zone, out: &Review{}}
	if t.ID() != "278" {
		return nil, fhir.Issues{fhirIssue(wire.Issue{Place: t.Segments[0].Place(1, 0), Code: wire.ElementCode, Found: "another transaction", Allowed: "278", Fix: "send it under its own kind"})}
	}
	for _, s := range t.Header() {
		r.header(s)
	}
	loops, issues := t.Loops()
	r.issues = append(r.issues, fhirIssues(issues)...)
	for _, l := range loops {
		r.loop(l)
	}
	r.complete(t)
	if r.issues.Errors() {
		return nil, r.issues
	}
	r.settle()
	return r.out, r.issues
}

// reviewReader reads one 278.
type reviewReader struct {
	zone      *time.Location
	out       *Review
	issues    fhir.Issues
	events    int
	certified bool
}

func (r *reviewReader) header(s wire.Segment) {
	if !s.Is("BHT") {
		r.lost(s)
		return
	}
	r.out.Response, r.out.Reference = s.Elem(2) == "11", s.Elem(3)
	day, ok := wire.Day(s.Elem(4))
	clock, okTime := wire.Clock(s.Elem(5))
	if !ok {
		r.bad(s, 4, fhir.CodeRequired, "no date", "CCYYMMDD")
		return
	}
	if !okTime {
		clock = "00:00:00"
	}
	zone := r.zone
	if zone == nil {
		zone = time.UTC
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", day+"T"+clock, zone)
	if err == nil {
		r.out.At = at.Format(time.RFC3339)
	}
}

// loop reads a level and those below it.
func (r *reviewReader) loop(l *wire.Loop) {
	name := map[string]string{"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D", "EV": "2000E", "SS": "2000F"}[l.Level]
	head, runs := wire.Runs(l.Segments, "NM1")
	switch l.Level {
	case "20", "21":
		r.party(l, name, head, runs)
	case "22", "23":
		r.person(l, name, head, runs)
	case "EV":
		if r.events++; r.events > 1 {
			r.bad(l.HL, 3, fhir.CodeStructure, "a second patient event", "one patient event in a transaction")
			return
		}
		r.out.Event = r.level(name, head, runs)
	case "SS":
		r.out.Services = append(r.out.Services, r.level(name, head, runs))
	default:
		r.bad(l.HL, 3, fhir.CodeCodeInvalid, "another level", "20, 21, 22, 23, EV, SS")
	}
	for _, child := range l.Children {
		r.loop(child)
	}
}

// party reads 2000A or 2000B: one NM1 and what stands under it.
func (r *reviewReader) party(l *wire.Loop, loop string, head []wire.Segment, runs [][]wire.Segment) {
	for _, s := range head {
		r.refusal(s, loop, &r.out.Errors)
	}
	if len(runs) != 1 {
		r.bad(l.HL, 0, fhir.CodeStructure, strconv.Itoa(len(runs))+" NM1 in "+loop, "one")
		return
	}
	p := r.partyOf(runs[0], loop, &r.out.Errors)
	if l.Level == "20" {
		r.out.Payer = p
	} else {
		r.out.Requester = p
	}
}

// partyOf reads an NM1 with its REF, PER and PRV.
func (r *reviewReader) partyOf(run []wire.Segment, loop string, errors *[]Refusal) Party {
	n := run[0]
	p := Party{Entity: n.Elem(1), Person: n.Elem(2) == "1", Name: n.Elem(3), Given: n.Elem(4), Qualifier: n.Elem(8), ID: n.Elem(9)}
	if n.Elem(5)+n.Elem(6)+n.Elem(7) != "" {
		r.lost(n)
	}
	for _, s := range run[1:] {
		switch {
		case s.Is("REF", "EI"):
			p.TaxID = s.Elem(2)
		case s.Is("PER") && p.Contact+p.Phone == "" && (s.Elem(3) == "TE" || s.Elem(3) == ""):
			p.Contact, p.Phone = s.Elem(2), s.Elem(4)
		case s.Is("PRV"):
			p.Specialty = s.Elem(3)
		default:
			r.refusal(s, loop, errors)
		}
	}
	return p
}

// personOf reads the NM1 of a member and what follows it; what is not about the
// person goes to other.
func personOf(run []wire.Segment, other func(wire.Segment)) Person {
	n := run[0]
	p := Person{Family: n.Elem(3), Given: n.Elem(4), Middle: n.Elem(5)}
	if n.Elem(8) == "MI" {
		p.Member = n.Elem(9)
	}
	for _, s := range run[1:] {
		switch {
		case s.Is("DMG"):
			p.Birth, _ = wire.Day(s.Elem(2))
			p.Gender = s.Elem(3)
		case s.Is("INS"):
			p.Relationship = s.Elem(2)
		default:
			other(s)
		}
	}
	return p
}

func (r *reviewReader) person(l *wire.Loop, loop string, head []wire.Segment, runs [][]wire.Segment) {
	for _, s := range head {
		r.refusal(s, loop, &r.out.Errors)
	}
	if len(runs) != 1 {
		r.bad(l.HL, 0, fhir.CodeStructure, strconv.Itoa(len(runs))+" NM1 in "+loop, "one")
		return
	}
	n := runs[0][0]
	p := personOf(runs[0], func(s wire.Segment) { r.refusal(s, loop, &r.out.Errors) })
	if l.Level == "22" {
		if p.Member == "" {
			r.bad(n, 9, fhir.CodeRequired, "no member id", "MI in NM108 and the id in NM109")
		}
		r.out.Member = p
		return
	}
	r.out.Dependent = &p
}

// level reads an event or a service.
func (r *reviewReader) level(loop string, head []wire.Segment, runs [][]wire.Segment) Level {
	v := Level{}
	errors := &r.out.Errors
	if loop == "2000F" {
		errors = &v.Errors
	}
	for _, s := range head {
		if !r.decided(&v, s) && !r.asked(&v, s, loop) {
			r.refusal(s, loop, errors)
		}
	}
	for _, run := range runs {
		v.Providers = append(v.Providers, r.partyOf(run, loop, errors))
	}
	if v.From != "" && v.To == "" {
		v.To = v.From
	}
	return v
}

// decided reads the segments that a decision brings.
func (r *reviewReader) decided(v *Level, s wire.Segment) bool {
	from, to, ok := s.Period(2)
	switch {
	case s.Is("HCR"):
		v.Action, v.Number, v.Reason = s.Elem(1), s.Elem(2), s.Elem(3)
		r.certified = true
	case s.Is("REF", "BB"):
		v.Authorization = s.Elem(2)
	case s.Is("REF", "NT"):
		v.Admin = s.Elem(2)
	case s.Is("DTP", "102") && ok:
		v.Issued = from
	case s.Is("DTP", "007") && ok:
		if v.To != "" && v.To != to {
			r.lost(s)
		}
		v.From, v.To = from, to
	case s.Is("DTP", "036") && ok:
		if v.To != "" && v.To != from {
			r.lost(s)
			return true
		}
		v.To = from
	default:
		return false
	}
	return true
}

// asked reads the segments that a request brings, and a response echoes.
func (r *reviewReader) asked(v *Level, s wire.Segment, loop string) bool {
	switch s.ID() {
	case "TRN":
		if r.out.Response && s.Elem(1) == "1" {
			v.PayerTrace, v.PayerOrg = s.Elem(2), s.Elem(3)
		} else {
			v.Trace, v.TraceOrg = s.Elem(2), s.Elem(3)
		}
	case "UM":
		v.RequestType, v.Certification, v.Category, v.Urgency = s.Elem(1), s.Elem(2), s.Elem(3), s.Elem(6)
		if q := s.Comp(4, 2); q == "B" || q == "" {
			v.Place = s.Comp(4, 1)
		} else {
			r.lost(s)
		}
		if s.Elem(5)+s.Elem(7)+s.Elem(8)+s.Elem(9) != "" {
			r.lost(s)
		}
	case "DTP":
		from, to, ok := s.Period(2)
		if !ok || !s.Is("DTP", map[string]string{"2000E": "AAH", "2000F": "472"}[loop]) {
			return false
		}
		v.Start, v.End = from, to
	case "HI":
		for n := 1; n <= s.Count(); n++ {
			v.Diagnoses = append(v.Diagnoses, Diagnosis{s.Comp(n, 1), s.Comp(n, 2)})
		}
	case "SV1":
		r.service(v, s)
	case "HSD":
		v.Delivery = Delivery{s.Elem(1), decimal(s.Elem(2)), s.Elem(3), decimal(s.Elem(4)), s.Elem(5), s.Elem(6), s.Elem(7), s.Elem(8)}
	case "MSG":
		v.Messages = append(v.Messages, s.Elem(1))
	case "PWK":
		if loop != "2000E" || s.Elem(3)+s.Elem(4) != "" {
			return false
		}
		v.Attachments = append(v.Attachments, Attachment{s.Elem(1), s.Elem(2), s.Elem(6), s.Elem(7)})
	default:
		return false
	}
	return true
}

func (r *reviewReader) service(v *Level, s wire.Segment) {
	v.Scheme, v.Code = s.Comp(1, 1), s.Comp(1, 2)
	for c := 3; c <= 6; c++ {
		if m := s.Comp(1, c); m != "" {
			v.Modifiers = append(v.Modifiers, m)
		}
	}
	v.Amount, v.Unit, v.Units = decimal(s.Elem(2)), s.Elem(3), decimal(s.Elem(4))
	if s.Comp(1, 7)+s.Comp(1, 8) != "" || s.Count() > 4 {
		r.lost(s)
	}
}

func decimal(s string) string {
	d, _ := wire.Decimal(s) // the door has checked it; what is none says nothing
	return d
}

// refusal reads an AAA; anything else has no place.
func (r *reviewReader) refusal(s wire.Segment, loop string, errors *[]Refusal) {
	if s.Is("AAA") {
		*errors = append(*errors, Refusal{Valid: s.Elem(1), Reason: s.Elem(3), FollowUp: s.Elem(4), Loop: loop})
		return
	}
	r.lost(s)
}

// lost reports a segment, or part of one, that FHIR has no place for.
func (r *reviewReader) lost(s wire.Segment) {
	i := fhirIssue(wire.Issue{Place: s.Place(0, 0), Level: wire.AtSegment, Found: "a " + s.ID() + " or part of it that is not carried on", Allowed: "what docs/mappings/x12_278.md lists", Fix: "nothing: the message as it came is kept"})
	i.Severity, i.Code = fhir.Information, "not-supported"
	r.issues = append(r.issues, i)
}

func (r *reviewReader) bad(s wire.Segment, n int, code, found, allowed string) {
	i := fhirIssue(wire.Issue{Place: s.Place(n, 0), Found: found, Allowed: allowed, Fix: "correct it and send it again"})
	i.Code = code
	r.issues = append(r.issues, i)
}

// complete asks for what a 278 cannot do without.
func (r *reviewReader) complete(t *wire.Transaction) {
	st := t.Segments[0]
	switch {
	case r.out.Payer.Entity == "" || r.out.Requester.Entity == "":
		r.bad(st, 0, fhir.CodeRequired, "no payer or no requester", "2000A and 2000B")
	case r.out.Member.Member == "" && !r.issues.Errors() && len(r.out.Errors) == 0:
		r.bad(st, 0, fhir.CodeRequired, "no member", "2000C")
	case r.events == 0 && len(r.out.Errors) == 0:
		r.bad(st, 0, fhir.CodeRequired, "no patient event", "2000E")
	case !r.out.Response && r.out.Event.RequestType == "" && !r.issues.Errors():
		r.bad(st, 0, fhir.CodeRequired, "no UM in 2000E", "one")
	case r.out.Response && !r.certified && len(r.out.Errors) == 0 && r.noErrors():
		r.bad(st, 0, fhir.CodeRequired, "no decision", "an HCR or an AAA")
	}
}

func (r *reviewReader) noErrors() bool {
	for _, s := range r.out.Services {
		if len(s.Errors) > 0 {
			return false
		}
	}
	return true
}

// settle numbers the services and gives each the decision that holds for it:
// without an HCR of its own that of the event (standards.md 6.2), unless the
// event is decided in part only.
func (r *reviewReader) settle() {
	e := &r.out.Event
	if e.Trace == "" {
		e.Trace = r.out.Reference
	}
	traced := false
	for _, s := range r.out.Services {
		traced = traced || s.Trace != ""
	}
	for i := range r.out.Services {
		s := &r.out.Services[i]
		if s.Sequence = i + 1; traced && s.Trace == "" && r.out.Response {
			s.Sequence = 0
		}
		if n, ok := sequenceOf(e.Trace, s.Trace); ok {
			s.Sequence = n
		}
		if s.Action == "" && len(s.Errors) == 0 && e.Action != "A2" {
			s.Action, s.Number, s.Reason = e.Action, e.Number, e.Reason
		}
	}
	r.unique()
}

// sequenceOf reads the number that itemTrace wrote.
func sequenceOf(event, trace string) (int, bool) {
	tail, ok := strings.CutPrefix(trace, event+"-")
	n, err := strconv.Atoi(tail)
	return n, ok && err == nil && n > 0 && n < 1000
}

// unique falls back to the order of the services when two claim one number, or a
// request leaves one out.
func (r *reviewReader) unique() {
	seen := map[int]bool{}
	for _, s := range r.out.Services {
		if s.Sequence > 0 && (seen[s.Sequence] || !r.out.Response && s.Sequence > len(r.out.Services)) {
			for i := range r.out.Services {
				r.out.Services[i].Sequence = i + 1
			}
			return
		}
		seen[s.Sequence] = true
	}
}
