package hl7v2

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
)

// reports writes each DiagnosticReport as ORU^R01 with its Observations.
func (r *renderer) reports() error {
	for _, report := range r.of("DiagnosticReport") {
		if err := r.report(report); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) report(report sent) error {
	used := []*fhir.Resource{report.Resource}
	for _, ref := range report.Get("result").Items() {
		used = append(used, r.follow(ref))
	}
	m, err := r.start("ORU", "R01", "ORU_R01", used...)
	if err != nil {
		return err
	}
	r.pid(m, report.Get("subject"), false)
	s := m.Append("OBR").Put(1, "1").Put(2, r.theirs(report.Resource, "report")).Put(3, report.ID, Namespace).Put(4, coding(report.Get("code"))...)
	s.Put(7, stamp(report.Get("effectiveDateTime").Text())).Put(22, stamp(report.Get("issued").Text()))
	for _, c := range report.Get("category").Items() {
		s.Put(24, codeOf(c))
	}
	s.Put(25, reportStates.reverse(report.Get("status").Text(), "F"))
	comments(m, report.Get("conclusion").Text())
	for i, o := range used[1:] {
		if o == nil {
			continue
		}
		observed(m, i+1, o)
		comments(m, texts(o.Get("note"))...)
	}
	for i, f := range report.Get("presentedForm").Items() {
		encapsulated(m, len(used)+i, f)
	}
	return r.end(m)
}

// observed writes an Observation as OBX.
func observed(m *er7.Message, n int, o *fhir.Resource) {
	s := m.Append("OBX").Put(1, fmt.Sprint(n)).Put(3, coding(o.Get("code"))...)
	typ, value := "ST", []string{""}
	switch q := o.Get("valueQuantity"); {
	case q != nil:
		typ, value = "NM", []string{q.Get("value").Text()}
		if c := q.Get("comparator").Text(); c != "" {
			typ, value = "SN", []string{c, q.Get("value").Text()}
		}
		s.Put(6, ucum(q)...)
	case o.Get("valueCodeableConcept") != nil:
		typ, value = "CWE", coding(o.Get("valueCodeableConcept"))
	case o.Get("valueDateTime") != nil:
		typ, value = "DTM", []string{stamp(o.Get("valueDateTime").Text())}
	case o.Get("valueRange") != nil:
		typ, value = "SN", []string{"", o.Get("valueRange", "low", "value").Text(), "-", o.Get("valueRange", "high", "value").Text()}
		s.Put(6, ucum(o.Get("valueRange", "low"))...)
	case o.Get("valueRatio") != nil:
		typ, value = "SN", []string{"", o.Get("valueRatio", "numerator", "value").Text(), ":", o.Get("valueRatio", "denominator", "value").Text()}
	default:
		for _, name := range []string{"valueString", "valueBoolean", "valueInteger", "valueTime"} {
			if v := o.Get(name).Text(); v != "" {
				value = []string{v}
			}
		}
		if strings.Contains(value[0], "\n") {
			typ = "TX"
		}
	}
	s.Put(2, typ).Put(5, value...)
	for _, i := range o.Get("interpretation").Items() {
		s.Add(8, codeOf(i))
	}
	for _, rr := range o.Get("referenceRange").Items() {
		s.Put(7, rr.Get("text").Text())
	}
	s.Put(11, resultStates.reverse(o.Get("status").Text(), "F")).Put(14, stamp(o.Get("effectiveDateTime").Text()))
}

func ucum(q *fhir.Node) []string {
	if code := q.Get("code").Text(); code != "" {
		return []string{code, q.Get("unit").Text(), systemName(q.Get("system").Text())}
	}
	return []string{q.Get("unit").Text()}
}

// encapsulated writes an Attachment as OBX with ED.
func encapsulated(m *er7.Message, n int, a *fhir.Node) {
	s := m.Append("OBX").Put(1, fmt.Sprint(n)).Put(2, "ED").Put(3, "", a.Get("title").Text()).Put(11, "F")
	sub := ""
	for name, mime := range mediaTypes {
		if mime == strings.TrimSpace(strings.Split(a.Get("contentType").Text(), ";")[0]) && (sub == "" || name < sub) {
			sub = name
		}
	}
	s.Put(5, "", "AP", sub, "Base64", a.Get("data").Text())
}
