package hl7v2

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

const usCore = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"

// known is one identifier of the child with its type.
type known struct {
	gateway.Identifier
	typ string
}

// person reads the child; false when the message names none.
func (k *maker) person(pid *er7.Segment) bool {
	if pid == nil {
		k.refuse("PID", fhir.CodeRequired, "no PID", "one PID", "send the patient")
		return false
	}
	ids := k.identifiers(pid)
	if len(ids) == 0 {
		k.refuse("PID-3", fhir.CodeRequired, "no patient identifier", "an id with its assigning authority and type, 123^^^CLINIC^MR", "send the id the patient has with you")
		return false
	}
	own := k.patientKey(ids[0])
	k.child, k.member = token(own.System, own.Value), ids[0].Identifier
	if i := slices.IndexFunc(ids, func(id known) bool { return id.System == tofhir.MemberSystem(k.partner) }); i >= 0 {
		k.member = ids[i].Identifier
	}
	p := &part{Object: fhir.Obj("resourceType", "Patient")}
	list := make(fhir.List, len(ids))
	for i, id := range ids {
		list[i] = typed(id.Identifier, id.typ)
		if i > 0 && id.typ != "SS" {
			p.alias = append(p.alias, k.patientKey(id))
		}
	}
	p.add("identifier", append(list, k.replaced()...))
	k.demographics(p, pid)
	k.subject = k.patch(own, p).With("identifier", identifier(k.member))
	return true
}

// identifiers are PID-3 and PID-19, each once, the one that keys the Patient
// first: the medical record number, then the others, numbers that other people
// share (SSN) last.
func (k *maker) identifiers(pid *er7.Segment) []known {
	var ids []known
	for _, r := range pid.Field(3).Reps() {
		if id, typ := k.cx(r); id.Value != "" {
			ids = append(ids, known{id, typ})
		}
	}
	if ssn := pid.Field(19).Text(); ssn != "" && len(ids) > 0 {
		ids = append(ids, known{gateway.Identifier{System: typeSystems["SS"], Value: ssn}, "SS"})
	}
	rank := []string{"MR", "PI", "", "*", "MA", "SS"}
	place := func(id known) int {
		if i := slices.Index(rank, id.typ); i >= 0 {
			return i
		}
		return slices.Index(rank, "*")
	}
	slices.SortStableFunc(ids, func(a, b known) int { return place(a) - place(b) })
	seen := map[gateway.Identifier]bool{}
	return slices.DeleteFunc(ids, func(id known) bool {
		again := seen[id.Identifier]
		seen[id.Identifier] = true
		return again
	})
}

// patientKey is the identity of the Patient by one of its ids: by the member id
// it is the one of the JSON and CSV records.
func (k *maker) patientKey(id known) gateway.Identifier {
	if id.System == tofhir.MemberSystem(k.partner) {
		return k.key("patient", id.Value)
	}
	return gateway.Identifier{System: codes.Own(string(k.partner.ID), "patient") + "|" + id.System, Value: id.Value}
}

// replaced are the ids of MRG-1, which go on naming the child.
func (k *maker) replaced() fhir.List {
	var list fhir.List
	for _, r := range k.er.First("MRG").Field(1).Reps() {
		if id, typ := k.cx(r); id.Value != "" {
			list = append(list, fhir.Obj("use", "old").With("type", typed(id, typ).Get("type")).With("system", id.System).With("value", id.Value))
		}
	}
	return list
}

func (k *maker) demographics(p *part, pid *er7.Segment) {
	p.set("extension", er7.Value{}, k.origins(pid))
	p.set("name", pid.Field(5), names(pid.Field(5)))
	for field, use := range map[int]string{13: "home", 14: "work"} {
		if pid.Field(field).Null() {
			p.clear = append(p.clear, "telecom.use="+use)
		}
	}
	slices.Sort(p.clear)
	p.add("telecom", append(telecoms(pid.Field(13), "home"), telecoms(pid.Field(14), "work")...))
	p.set("gender", pid.Field(8), k.gender(pid.Field(8)))
	p.set("birthDate", pid.Field(7), k.birthDate(pid.Field(7)))
	k.death(p, pid)
	p.set("address", pid.Field(11), addresses(pid.Field(11)))
	p.set("maritalStatus", pid.Field(16), coded(codes.Terminology+"v3-MaritalStatus", maritals, pid.Field(16)))
	k.multiple(p, pid)
	if lang := k.concepts(pid.Field(15)); len(lang) > 0 {
		p.add("communication", fhir.List{fhir.Obj("language", lang[0], "preferred", true)})
	} else {
		p.set("communication", pid.Field(15), nil)
	}
	if pcp := k.er.First("PD1").Field(4); pcp.Has() {
		p.add("generalPractitioner", fhir.List{k.provider(pcp)})
	}
}

func (k *maker) gender(v er7.Value) string {
	if !v.Has() {
		return ""
	}
	code := genders.find(v.Text(), "")
	if code == "" {
		k.warn("PID-8", "a code that is not in table 0001", "F, M, O, A, N, U", "send one of them; it was left out")
	}
	return code
}

// birthDate refuses what is no date: a wrong one would name another child.
func (k *maker) birthDate(v er7.Value) string {
	n := len(k.out.Issues)
	day := k.day(v, "PID-7")
	if len(k.out.Issues) > n {
		k.out.Issues[n].Severity, k.out.Issues[n].Fix = fhir.Error, "send it in this form, or leave PID-7 empty"
	}
	return day
}

// coded is a code of a table with its system; the sender's own words beside it.
func coded(system string, t *table, v er7.Value) fhir.Object {
	if !v.Has() {
		return fhir.Object{}
	}
	code := t.find(v.Comp(1).Text(), "")
	if code == "" {
		return fhir.Obj("text", words(v))
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", system, "code", code)}, "text", strings.TrimSpace(v.Comp(2).Text()))
}

// death reads PID-29 and PID-30; R4 allows one of the two elements.
func (k *maker) death(p *part, pid *er7.Segment) {
	when := k.dateTime(pid.Field(29), "PID-29")
	switch flag := strings.ToUpper(pid.Field(30).Text()); {
	case when != "":
		p.add("deceasedDateTime", when)
		p.clear = append(p.clear, "deceasedBoolean")
	case flag == "Y" || flag == "N":
		p.add("deceasedBoolean", flag == "Y")
		p.clear = append(p.clear, "deceasedDateTime")
	case pid.Field(29).Null() || pid.Field(30).Null():
		p.clear = append(p.clear, "deceasedBoolean", "deceasedDateTime")
	}
}

// multiple reads PID-24 and PID-25: twins are told apart by it.
func (k *maker) multiple(p *part, pid *er7.Segment) {
	order, err := strconv.Atoi(strings.TrimSpace(pid.Field(25).Text()))
	switch flag := strings.ToUpper(pid.Field(24).Text()); {
	case err == nil && order > 0 && flag != "N":
		p.add("multipleBirthInteger", order)
		p.clear = append(p.clear, "multipleBirthBoolean")
	case flag == "Y" || flag == "N":
		p.add("multipleBirthBoolean", flag == "Y")
		p.clear = append(p.clear, "multipleBirthInteger")
	}
}

// origins are race, ethnicity and the mother's maiden name as extensions
// (http://hl7.org/fhir/us/core).
func (k *maker) origins(pid *er7.Segment) fhir.List {
	var list fhir.List
	for _, o := range []struct {
		url   string
		field int
	}{{usCore + "race", 10}, {usCore + "ethnicity", 22}} {
		if e := origin(o.url, pid.Field(o.field)); string(e.JSON()) != "{}" {
			list = append(list, e)
		}
	}
	if maiden := pid.Field(6).Sub(1).Text(); maiden != "" {
		list = append(list, fhir.Obj("url", "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString", maiden))
	}
	return list
}

// categories are the race and ethnicity codes of OMB (CDC race and ethnicity
// code set).
var categories = map[string]string{
	"1002-5": "American Indian or Alaska Native", "2028-9": "Asian", "2054-5": "Black or African American", "2076-8": "Native Hawaiian or Other Pacific Islander", "2106-3": "White",
	"2135-2": "Hispanic or Latino", "2186-5": "Not Hispanic or Latino",
}

func origin(url string, v er7.Value) fhir.Object {
	var parts fhir.List
	var texts []string
	for _, r := range v.Reps() {
		code := r.Comp(1).Text()
		if strings.HasSuffix(url, "ethnicity") {
			code = map[string]string{"H": "2135-2", "N": "2186-5"}[code] + strings.TrimPrefix(strings.TrimPrefix(code, "H"), "N")
		}
		if name := categories[code]; name != "" {
			parts = append(parts, fhir.Obj("url", "ombCategory", "valueCoding", fhir.Obj("system", "urn:oid:2.16.840.1.113883.6.238", "code", code, "display", name)))
		}
		if w := words(r); w != "" {
			texts = append(texts, w)
		}
	}
	if len(texts) == 0 {
		return fhir.Object{}
	}
	return fhir.Obj("url", url, "extension", append(parts, fhir.Obj("url", "text", "valueString", strings.Join(texts, ", "))))
}
