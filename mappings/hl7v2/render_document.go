package hl7v2

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
)

// documents writes each DocumentReference as MDM^T02 with its content, or T11
// when it was taken back.
func (r *renderer) documents() error {
	for _, doc := range r.of("DocumentReference") {
		event, structure := "T02", "MDM_T02"
		if doc.Get("status").Text() == "entered-in-error" {
			event, structure = "T11", "MDM_T01"
		}
		m, err := r.start("MDM", event, structure, doc.Resource)
		if err != nil {
			return err
		}
		head(m, event, doc.Resource)
		r.pid(m, doc.Get("subject"), false)
		m.Append("PV1").Put(1, "1").Put(2, "N")
		s := m.Append("TXA").Put(1, "1").Put(2, coding(doc.Get("type"))...).Put(3, "TX").Put(4, stamp(doc.Get("date").Text())).Put(6, stamp(doc.Get("date").Text()))
		for _, author := range doc.Get("author").Items() {
			s.Add(9, xcn(author)...)
		}
		s.Put(12, cmp.Or(r.theirs(doc.Resource, "document"), doc.ID), Namespace)
		s.Put(17, completions.reverse(doc.Get("docStatus").Text(), "AU")).Put(18, confidentialities.reverse(label(doc.Resource), "U")).Put(19, availabilities.reverse(doc.Get("status").Text(), "AV"))
		s.Put(25, doc.Get("description").Text())
		if event == "T02" {
			r.contents(m, s, doc.Resource)
		}
		if err := r.end(m); err != nil {
			return err
		}
	}
	return nil
}

// head writes EVN with the time of the record.
func head(m *er7.Message, event string, res *fhir.Resource) {
	m.Append("EVN").Put(1, event).Put(2, stamp(res.Get("meta", "lastUpdated").Text()))
}

func label(doc *fhir.Resource) string {
	for _, l := range doc.Get("securityLabel").Items() {
		if c := codeOf(l); c == "R" || c == "V" || c == "N" {
			return c
		}
	}
	return ""
}

// contents writes text line by line, everything else as ED.
func (r *renderer) contents(m *er7.Message, txa *er7.Segment, doc *fhir.Resource) {
	n := 0
	for _, c := range doc.Get("content").Items() {
		a := c.Get("attachment")
		if title := a.Get("title").Text(); title != "" && n == 0 {
			txa.Put(16, title)
		}
		data, err := base64.StdEncoding.DecodeString(a.Get("data").Text())
		if err != nil || !strings.HasPrefix(a.Get("contentType").Text(), "text/plain") {
			n++
			encapsulated(m, n, a)
			continue
		}
		for line := range strings.Lines(string(data)) {
			n++
			m.Append("OBX").Put(1, fmt.Sprint(n)).Put(2, "TX").Put(3, coding(doc.Get("type"))...).Put(5, strings.TrimRight(line, "\r\n")).Put(11, "F")
		}
	}
}

// told are the types of which a treatment summary tells, in this order.
var told = []string{"Encounter", "Communication", "Goal", "Observation", "Condition", "CarePlan", "Procedure"}

// summary writes what is left of a treatment update as one document of lines:
// MDM^T02, its number that of the delivery.
func (r *renderer) summary() error {
	var from []*fhir.Resource
	var lines []string
	for _, typ := range told {
		for _, s := range r.of(typ) {
			if !r.used[s.Resource] {
				from, lines = append(from, s.Resource), append(lines, tell(s.Resource)...)
			}
		}
	}
	if len(from) == 0 {
		return nil
	}
	m, err := r.start("MDM", "T02", "MDM_T02", from...)
	if err != nil {
		return err
	}
	head(m, "T02", from[0])
	subject := from[0].Get("subject")
	r.pid(m, subject, false)
	m.Append("PV1").Put(1, "1").Put(2, "N")
	at := stamp(from[0].Get("meta", "lastUpdated").Text())
	m.Append("TXA").Put(1, "1").Put(2, "TREATMENT", "Treatment summary", "L").Put(3, "TX").Put(4, at).Put(6, at).Put(12, r.delivery.Key, Namespace).
		Put(17, "AU").Put(18, "R").Put(19, "AV")
	for i, line := range lines {
		m.Append("OBX").Put(1, fmt.Sprint(i+1)).Put(2, "TX").Put(3, "TREATMENT", "Treatment summary", "L").Put(5, line).Put(11, "F")
	}
	return r.end(m)
}

// tell says in lines what a record says.
func tell(res *fhir.Resource) []string {
	line := func(name string, words ...string) string {
		var said []string
		for _, w := range words {
			if w = strings.TrimSpace(w); w != "" {
				said = append(said, w)
			}
		}
		if len(said) == 0 {
			return ""
		}
		return name + ": " + strings.Join(said, ", ")
	}
	var out []string
	switch res.Type {
	case "Encounter":
		out = append(out, line("Contact", joinedWords(res.Get("type")), res.Get("period", "start").Text(), res.Get("period", "end").Text(), res.Get("status").Text()))
		out = append(out, line("Reason", joinedWords(res.Get("reasonCode"))))
	case "Communication":
		for _, p := range res.Get("payload").Items() {
			out = append(out, line("Note", p.Get("contentString").Text()))
		}
	case "Goal":
		out = append(out, line("Goal", said(res.Get("description")), res.Get("lifecycleStatus").Text(), said(res.Get("achievementStatus")), res.Get("statusReason").Text()))
	case "Observation":
		out = append(out, line("Observed", said(res.Get("code"))+" "+observedValue(res), res.Get("effectiveDateTime").Text()))
	default:
		out = append(out, line(res.Type, res.Get("title").Text(), said(res.Get("code")), res.Get("description").Text(), res.Get("status").Text()))
	}
	for _, t := range texts(res.Get("note")) {
		out = append(out, line("Note", t))
	}
	return compact(out)
}

func compact(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

// said is a CodeableConcept in words.
func said(n *fhir.Node) string {
	if t := n.Get("text").Text(); t != "" {
		return t
	}
	for _, c := range n.Get("coding").Items() {
		if w := cmp.Or(c.Get("display").Text(), c.Get("code").Text()); w != "" {
			return w
		}
	}
	return ""
}

func joinedWords(n *fhir.Node) string {
	var out []string
	for _, c := range n.Items() {
		out = append(out, said(c))
	}
	return strings.Join(out, ", ")
}

// observedValue is the value of an Observation in words.
func observedValue(o *fhir.Resource) string {
	if q := o.Get("valueQuantity"); q != nil {
		return strings.TrimSpace(q.Get("comparator").Text() + q.Get("value").Text() + " " + q.Get("unit").Text())
	}
	if c := o.Get("valueCodeableConcept"); c != nil {
		return said(c)
	}
	for _, name := range []string{"valueString", "valueInteger", "valueBoolean", "valueDateTime"} {
		if v := o.Get(name).Text(); v != "" {
			return v
		}
	}
	return ""
}
