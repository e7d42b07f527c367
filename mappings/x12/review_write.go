package x12

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline/throughline/fhir"
	wire "github.com/throughline/throughline/internal/x12"
)

// Version278 is the implementation that we write.
const Version278 = "005010X217"

// Write writes a 278 as ST..SE with control number st02. Issues name elements in
// which a sign had to go because it delimits.
func (r *Review) Write(st02 string, zone *time.Location) ([]byte, fhir.Issues) {
	w := &reviewWriter{Writer: wire.NewWriter(), r: r}
	w.Set("278", st02, Version278, func(*wire.Writer) { w.body(zone) })
	var issues fhir.Issues
	for _, p := range w.Altered {
		issues = append(issues, fhir.Issue{Severity: fhir.Warning, Code: "not-supported", Path: p.Name(), Where: p.String(), Found: "a sign that delimits X12", Allowed: "text without * : ^ ~", Fix: "nothing: a blank stands in its place"})
	}
	return w.Bytes(), issues
}

type reviewWriter struct {
	*wire.Writer
	r  *Review
	hl int
}

func (w *reviewWriter) body(zone *time.Location) {
	purpose, last := "13", ""
	if w.r.Response {
		purpose, last = "11", w.r.final()
	}
	day, clock := moment(w.r.At, zone)
	w.Segment("BHT", "0007", purpose, w.r.Reference, day, clock, last)
	w.loop("", "20", true)
	w.party(w.r.Payer)
	w.errors("2000A")
	w.loop("1", "21", true)
	w.party(w.r.Requester)
	w.errors("2000B")
	event := w.r.Event.RequestType+w.r.Event.Trace+w.r.Event.Category != "" && !w.r.onlyErrors()
	w.loop("2", "22", event || w.r.Dependent != nil)
	w.person("IL", w.r.Member)
	w.errors("2000C")
	if w.r.Dependent != nil {
		w.loop("3", "23", event)
		w.person("QC", *w.r.Dependent)
		w.errors("2000D")
	}
	if event {
		w.levels()
	} else {
		w.errors("2000E") // the event they are about is not repeated
	}
}

// levels writes the event and its services.
func (w *reviewWriter) levels() {
	above := strconv.Itoa(w.hl)
	w.loop(above, "EV", len(w.r.Services) > 0)
	parent := strconv.Itoa(w.hl)
	w.level(&w.r.Event, "AAH")
	w.errors("2000E")
	w.providers(&w.r.Event)
	for i := range w.r.Services {
		w.loop(parent, "SS", false)
		s := &w.r.Services[i]
		w.level(s, "472")
		for _, e := range s.Errors {
			w.Segment("AAA", e.Valid, "", e.Reason, e.FollowUp)
		}
		w.providers(s)
	}
}

func (w *reviewWriter) loop(parent, level string, children bool) {
	w.hl++
	more := "0"
	if children {
		more = "1"
	}
	w.Segment("HL", strconv.Itoa(w.hl), parent, level, more)
}

func (w *reviewWriter) party(p Party) {
	kind := "2"
	if p.Person {
		kind = "1"
	}
	w.Segment("NM1", p.Entity, kind, p.Name, p.Given, "", "", "", p.Qualifier, p.ID)
	if p.TaxID != "" {
		w.Segment("REF", "EI", p.TaxID)
	}
	if p.Contact+p.Phone != "" {
		qualifier := ""
		if p.Phone != "" {
			qualifier = "TE"
		}
		w.Segment("PER", "IC", p.Contact, qualifier, p.Phone)
	}
	if p.Specialty != "" {
		w.Segment("PRV", "AS", "PXC", p.Specialty)
	}
}

func (w *reviewWriter) person(entity string, p Person) {
	qualifier := ""
	if p.Member != "" {
		qualifier = "MI"
	}
	w.Segment("NM1", entity, "1", p.Family, p.Given, p.Middle, "", "", qualifier, p.Member)
	if p.Birth+p.Gender != "" {
		form := ""
		if p.Birth != "" {
			form = "D8"
		}
		w.Segment("DMG", form, wire.WriteDay(p.Birth), p.Gender)
	}
	if p.Relationship != "" {
		w.Segment("INS", "N", p.Relationship)
	}
}

// errors are the AAA of a level above the services.
func (w *reviewWriter) errors(loop string) {
	for _, e := range w.r.Errors {
		if e.Loop == loop {
			w.Segment("AAA", e.Valid, "", e.Reason, e.FollowUp)
		}
	}
}

// level writes what event and service share, in the order of the guide's tables.
func (w *reviewWriter) level(v *Level, dates string) {
	own := "1"
	if w.r.Response {
		own = "2"
	}
	if v.PayerTrace != "" {
		w.Segment("TRN", "1", v.PayerTrace, v.PayerOrg)
	}
	if v.Trace != "" {
		w.Segment("TRN", own, v.Trace, v.TraceOrg)
	}
	place := ""
	if v.Place != "" {
		place = wire.Comp(v.Place, "B")
	}
	if v.RequestType != "" {
		w.Segment("UM", v.RequestType, v.Certification, v.Category, place, "", v.Urgency)
	}
	if v.Action != "" {
		w.Segment("HCR", v.Action, v.Number, v.Reason)
	}
	w.pair("REF", "BB", v.Authorization)
	w.pair("REF", "NT", v.Admin)
	w.period(dates, v.Start, v.End)
	w.period("102", v.Issued, v.Issued)
	if v.From == "" {
		w.period("036", v.To, v.To)
	} else {
		w.range8("007", v.From, v.To)
	}
	w.detail(v)
}

func (w *reviewWriter) detail(v *Level) {
	var codes []string
	for _, d := range v.Diagnoses {
		codes = append(codes, wire.Comp(d.Qualifier, d.Code))
	}
	if codes != nil {
		w.Segment("HI", codes...)
	}
	if v.Code != "" {
		w.Segment("SV1", wire.Comp(append([]string{v.Scheme, v.Code}, v.Modifiers...)...), wire.WriteDecimal(v.Amount), v.Unit, wire.WriteDecimal(v.Units))
	}
	if d := v.Delivery; d != (Delivery{}) {
		w.Segment("HSD", d.Qualifier, wire.WriteDecimal(d.Units), d.Per, wire.WriteDecimal(d.Every), d.Period, d.Count, d.Pattern, d.Time)
	}
	for _, a := range v.Attachments {
		qualifier := ""
		if a.Control != "" {
			qualifier = "AC"
		}
		w.Segment("PWK", a.Type, a.Method, "", "", qualifier, a.Control, a.Text)
	}
	for _, m := range v.Messages {
		for _, part := range cut(m, 264) {
			w.Segment("MSG", part)
		}
	}
}

func (w *reviewWriter) providers(v *Level) {
	for _, p := range v.Providers {
		w.party(p)
	}
}

func (w *reviewWriter) pair(id, qualifier, value string) {
	if value != "" {
		w.Segment(id, qualifier, value)
	}
}

func (w *reviewWriter) period(qualifier, from, to string) {
	if from != "" {
		form, value := wire.WritePeriod(from, to)
		w.Segment("DTP", qualifier, form, value)
	}
}

// range8 always writes two days.
func (w *reviewWriter) range8(qualifier, from, to string) {
	if to == "" {
		to = from
	}
	w.Segment("DTP", qualifier, "RD8", wire.WriteDay(from)+"-"+wire.WriteDay(to))
}

// final is BHT06: 19 while something is pended, 18 else.
func (r *Review) final() string {
	for _, s := range append(r.Services, r.Event) {
		if s.Action == "A4" {
			return "19"
		}
	}
	return "18"
}

// onlyErrors says that the response never came to an event.
func (r *Review) onlyErrors() bool {
	return r.Response && len(r.Errors) > 0 && r.Event.Action == "" && len(r.Services) == 0
}

// moment writes an instant as CCYYMMDD and HHMM in a zone.
func moment(at string, zone *time.Location) (day, clock string) {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return wire.WriteDay(at), "0000"
	}
	if zone != nil {
		t = t.In(zone)
	}
	if t.Second() != 0 {
		return t.Format("20060102"), t.Format("150405")
	}
	return t.Format("20060102"), t.Format("1504")
}

// cut breaks a text at blanks into parts of at most n bytes.
func cut(text string, n int) []string {
	var out []string
	for len(text) > n {
		at := strings.LastIndexByte(text[:n+1], ' ')
		if at <= 0 {
			for at = n; !utf8.RuneStart(text[at]); {
				at--
			}
		}
		out = append(out, text[:at])
		text = strings.TrimPrefix(text[at:], " ")
	}
	return append(out, text)
}
