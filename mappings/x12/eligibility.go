package x12

import (
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/ledger"
)

// Version270 is the implementation of 270 and 271 that we read and write.
const Version270 = "005010X279A1"

// Inquiry is a 270 or a 271: who asks whom about which members.
type Inquiry struct {
	Response  bool
	Reference string // BHT03
	At        string // as Review.At
	Payer     Party  // 2100A
	Asker     Party  // 2100B
	Questions []Question
	Errors    []Refusal // AAA at 2000A and 2000B
}

// Question is about one member: a 2000C, or a 2000D under it.
type Question struct {
	Trace, TraceOrg string
	Member          Person
	Dependent       *Person
	Start, End      string   // DTP*291 or 307: the days asked about; empty = today
	Types           []string // EQ01 (X12 1365), or EB03
	Services        []string // EQ02: HCPCS codes
	Benefits        []Benefit
	Errors          []Refusal
}

// Benefit is an EB of a 271.
type Benefit struct {
	Status    string   // EB01 (X12 1390): 1 active, 6 inactive, R other payer ...
	Types     []string // EB03
	Insurance string   // EB04 (X12 1336): MC, HM, OT
	Plan      string   // EB05
	Start     string   // DTP*348, *346 or 307 below it
	End       string   // DTP*349, *347
}

// ReadInquiry reads a 270 or 271. Issues of severity error say why it is none.
func ReadInquiry(t *wire.Transaction, zone *time.Location) (*Inquiry, fhir.Issues) {
	r := &inquiryReader{reviewReader: reviewReader{zone: zone, out: &Review{}}, in: &Inquiry{}}
	for _, s := range t.Header() {
		r.header(s)
	}
	r.in.Response, r.in.Reference, r.in.At = t.ID() == "271", r.out.Reference, r.out.At
	loops, issues := t.Loops()
	r.issues = append(r.issues, fhirIssues(issues)...)
	for _, l := range loops {
		r.loop(l, nil)
	}
	if len(r.in.Questions) == 0 && len(r.in.Errors) == 0 {
		r.bad(t.Segments[0], 0, fhir.CodeRequired, "nobody who is asked about", "a 2000C with a member")
	}
	if r.issues.Errors() {
		return nil, r.issues
	}
	return r.in, r.issues
}

type inquiryReader struct {
	reviewReader
	in *Inquiry
}

func (r *inquiryReader) loop(l *wire.Loop, above *Question) {
	head, runs := wire.Runs(l.Segments, "NM1")
	switch l.Level {
	case "20", "21":
		r.side(l, head, runs)
	case "22", "23":
		q := r.question(l, head, runs, above)
		if l.Level == "23" || len(q.Types)+len(q.Services)+len(q.Benefits)+len(q.Errors) > 0 || len(l.Children) == 0 {
			r.in.Questions = append(r.in.Questions, q)
		}
		above = &q
	default:
		r.bad(l.HL, 3, fhir.CodeCodeInvalid, "another level", "20, 21, 22, 23")
	}
	for _, child := range l.Children {
		r.loop(child, above)
	}
}

// side reads the payer or who asks.
func (r *inquiryReader) side(l *wire.Loop, head []wire.Segment, runs [][]wire.Segment) {
	loop := map[string]string{"20": "2000A", "21": "2000B"}[l.Level]
	for _, s := range head {
		r.refusal(s, loop, &r.in.Errors)
	}
	if len(runs) != 1 {
		r.bad(l.HL, 0, fhir.CodeStructure, strconv.Itoa(len(runs))+" NM1 in "+loop, "one")
		return
	}
	p := r.partyOf(runs[0], loop, &r.in.Errors)
	if l.Level == "20" {
		r.in.Payer = p
	} else {
		r.in.Asker = p
	}
}

// question reads a member; a dependent has its subscriber above it.
func (r *inquiryReader) question(l *wire.Loop, head []wire.Segment, runs [][]wire.Segment, above *Question) Question {
	q := Question{}
	for _, s := range head {
		r.asked270(&q, s)
	}
	if len(runs) == 0 {
		r.bad(l.HL, 0, fhir.CodeRequired, "no NM1", "the member")
		return q
	}
	p := personOf(runs[0], func(s wire.Segment) { r.asked270(&q, s) })
	for _, run := range runs[1:] { // 2120: who pays or treats beside
		r.lost(run[0])
		for _, s := range run[1:] {
			r.asked270(&q, s)
		}
	}
	if q.Member = p; l.Level == "23" && above != nil {
		q.Member, q.Dependent = above.Member, &p
	}
	return q
}

func (r *inquiryReader) asked270(q *Question, s wire.Segment) {
	from, to, dated := s.Period(2)
	last := len(q.Benefits) - 1
	switch {
	case s.Is("TRN"):
		q.Trace, q.TraceOrg = s.Elem(2), s.Elem(3)
	case s.Is("EQ"):
		q.Types = append(q.Types, s.Reps(1)...)
		if code := s.Comp(2, 2); code != "" {
			q.Services = append(q.Services, code)
		}
	case s.Is("EB"):
		q.Benefits = append(q.Benefits, Benefit{Status: s.Elem(1), Types: s.Reps(3), Insurance: s.Elem(4), Plan: s.Elem(5)})
		for n := 6; n <= s.Count(); n++ {
			if s.Elem(n) != "" {
				r.lost(s)
				break
			}
		}
	case s.Is("DTP", "291", "307", "346", "348", "356") && dated && last < 0:
		q.Start, q.End = from, to
		if from == to && !s.Is("DTP", "291", "307") {
			q.End = "" // the beginning of a span
		}
	case s.Is("DTP", "348", "346", "356", "307", "291") && dated:
		q.Benefits[last].Start = from
		if to != from {
			q.Benefits[last].End = to
		}
	case s.Is("DTP", "349", "347", "357") && dated && last >= 0:
		q.Benefits[last].End = from
	case s.Is("LS"), s.Is("LE"):
	default:
		r.refusal(s, "2000C", &q.Errors)
	}
}

// inquiry reads a message as a 270 or a 271.
func inquiry(body []byte, p *gateway.Partner, id string) (*Inquiry, fhir.Issues) {
	t, wrong := wire.Parse(body)
	if wrong == nil && t.ID() != id {
		wrong = wire.Issues{{Place: t.Segments[0].Place(1, 0), Code: wire.ElementCode, Found: "another transaction", Allowed: id, Fix: "send it under its own kind"}}
	}
	if wrong == nil {
		wrong = t.Check()
	}
	if wrong != nil {
		return nil, fhirIssues(wrong)
	}
	return ReadInquiry(t, p.Zone)
}

// Standing is what the ledger knows about the member of one question, as far as
// who asks may know it.
type Standing struct {
	Known bool
	Spans []ledger.Span
}

// Questions reads who a 270 asks about, in the order in which Answer wants the
// standings.
func Questions(body []byte, p *gateway.Partner) ([]Question, fhir.Issues) {
	in, issues := inquiry(body, p, "270")
	if in == nil {
		return nil, issues
	}
	return in.Questions, issues
}

// Answer writes the 271 (ST to SE) that answers a 270: for each question the
// spans that touch the days asked about, inactive when none does, and AAA 75
// when the member is not known to who asks. at is when it is answered, today the
// day meant where a question names none.
func Answer(body []byte, p *gateway.Partner, standings []Standing, at time.Time, today ledger.Day) ([]byte, fhir.Issues) {
	in, issues := inquiry(body, p, "270")
	if in == nil {
		return nil, issues
	}
	out := *in
	out.Response, out.At, out.Questions = true, at.Format(time.RFC3339), nil
	for i, q := range in.Questions {
		if q.Start == "" {
			q.Start, q.End = today.String(), today.String()
		}
		if i >= len(standings) || !standings[i].Known {
			q.Errors = []Refusal{{Valid: "N", Reason: "75", FollowUp: "C", Loop: "2000C"}}
		} else {
			q.Benefits = benefits(&q, standings[i].Spans)
		}
		out.Questions = append(out.Questions, q)
	}
	return out.Write("0001", p.Zone), nil
}

// benefits are the spans that touch the days of a question.
func benefits(q *Question, spans []ledger.Span) (out []Benefit) {
	types := q.Types
	if len(types) == 0 {
		types = []string{"30"}
	}
	for _, s := range spans {
		start, end := s.Start.String(), ""
		if s.End != ledger.Forever {
			end = s.End.String()
		}
		if s.End < s.Start || start > q.End || end != "" && end < q.Start {
			continue
		}
		b := Benefit{Status: "1", Types: types, Insurance: "MC", Plan: s.Payer, Start: start, End: end}
		if s.Program != "" {
			b.Insurance, b.Plan = "OT", s.Program
		}
		out = append(out, b)
	}
	if out == nil {
		out = []Benefit{{Status: "6", Types: types}}
	}
	return out
}
