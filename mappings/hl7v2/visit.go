package hl7v2

import (
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// admission is ADT about a visit: A01, A03, A04, A08, A11, A13.
func admission(k *maker) {
	k.family()
	k.coverage()
	visit := k.visit()
	k.diagnoses(k.er.Segments, visit)
	k.team(k.er.Segments)
}

// registration is ADT about the person: A28, A31.
func registration(k *maker) {
	k.family()
	k.coverage()
	k.team(k.er.Segments)
}

// merging is A40: MRG-1 loses to PID-3, both go on naming the child
// (HL7 v2 3.3.40).
func merging(k *maker) {
	from := k.er.First("MRG").Field(1)
	if !from.Has() {
		k.refuse("MRG-1", fhir.CodeRequired, "no identifier that was merged", "the identifier that is replaced", "send MRG-1")
		return
	}
	for _, r := range from.Reps() {
		loser, typ := k.cx(r)
		if loser.Value == "" {
			continue
		}
		survivor := k.survivor(typ)
		if survivor == loser {
			k.refuse("MRG-1", fhir.CodeValue, "the identifier that survives", "another identifier than PID-3", "send the one that is replaced")
			continue
		}
		k.out.Merges = append(k.out.Merges, gateway.Merge{From: loser, Into: survivor})
	}
}

// survivor is the id of PID-3 of the same type, else the first.
func (k *maker) survivor(typ string) gateway.Identifier {
	ids := k.identifiers(k.er.First("PID"))
	for _, id := range ids {
		if id.typ == typ {
			return id.Identifier
		}
	}
	return ids[0].Identifier
}

// visit makes the Encounter of PV1, when it has a number (PV1-19, PV1-50): 2
// class, 3 location, 7 8 9 17 participants, 10 service, 14 admit source, 18
// type, 36 disposition, 44 45 period.
func (k *maker) visit() fhir.Object {
	s := k.er.First("PV1")
	number, _ := k.cx(s.Field(19))
	if number.Value == "" {
		number, _ = k.cx(s.Field(50))
	}
	if number.Value == "" {
		return fhir.Object{}
	}
	key := k.key("encounter", number.Value)
	p := start("Encounter", key)
	if state := visitStates.find(k.header.Event, ""); state != "" {
		p.add("status", state)
	} else {
		p.initial("status", "in-progress")
	}
	k.class(p, s.Field(2))
	if v := s.Field(18); v.Has() {
		p.add("type", fhir.List{k.concept(v)})
	}
	if v := s.Field(10); v.Has() {
		p.add("serviceType", k.concept(v))
	}
	p.add("subject", k.subject)
	p.add("participant", k.attendants(s))
	p.add("period", k.period(s, "PV1", 0, 44, 45))
	if k.header.Event == "A13" && !s.Field(45).Has() {
		p.clear = append(p.clear, "period.end")
	}
	if reason := k.er.First("PV2").Field(3); reason.Has() {
		p.add("reasonCode", fhir.List{k.concept(reason)})
	}
	k.stay(p, s)
	if where := place(s.Field(3)); where != "" {
		p.add("location", fhir.List{fhir.Obj("location", fhir.Obj("type", "Location", "display", where))})
	}
	return k.patch(key, p)
}

func (k *maker) class(p *part, v er7.Value) {
	if code := classes.find(v.Text(), ""); code != "" {
		p.add("class", fhir.Obj("system", codes.Terminology+"v3-ActCode", "code", code))
		return
	}
	if code := v.Text(); v.Has() && isCode(code) {
		p.add("class", fhir.Obj("system", codes.Terminology+"v2-0004", "code", code))
		return
	}
	p.initial("class", fhir.Obj("system", codes.Terminology+"v3-ActCode", "code", "AMB"))
}

func (k *maker) attendants(s *er7.Segment) fhir.List {
	var list fhir.List
	for _, a := range []struct {
		field int
		code  string
	}{{7, "ATND"}, {8, "REF"}, {9, "CON"}, {17, "ADM"}} {
		for _, r := range s.Field(a.field).Reps() {
			if who := k.provider(r); string(who.JSON()) != "{}" {
				list = append(list, fhir.Obj("type", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v3-ParticipationType", "code", a.code)})}, "individual", who))
			}
		}
	}
	return list
}

func (k *maker) stay(p *part, s *er7.Segment) {
	o := fhir.Obj()
	if v := s.Field(14); v.Has() {
		o = o.With("admitSource", k.concept(v))
	}
	if v := s.Field(36); v.Has() {
		o = o.With("dischargeDisposition", k.concept(v))
	}
	p.add("hospitalization", o)
}

// visited refers to the visit of a message that is not about visits.
func (k *maker) visited() fhir.Object {
	number, _ := k.cx(k.er.First("PV1").Field(19))
	if number.Value == "" {
		return fhir.Object{}
	}
	return fhir.Obj("type", "Encounter", "identifier", identifier(k.key("encounter", number.Value)))
}

// diagnoses makes a Condition of each DG1: 3 code, 4 words, 5 date, 6 type, 16
// who, 20 id, 21 action.
func (k *maker) diagnoses(g er7.Group, visit fhir.Object) fhir.List {
	var refs fhir.List
	for i, s := range g.All("DG1") {
		v := s.Field(3)
		if !v.Has() && !s.Field(4).Has() {
			continue
		}
		id := strings.TrimSpace(s.Field(20).Comp(1).Text())
		if id == "" {
			id = k.child + "/" + strings.TrimSpace(v.Comp(1).Text()) + s.Field(4).Text()
		}
		key := k.single("Condition", k.key("diagnosis", id))
		p := start("Condition", key)
		if s.Field(21).Text() == "D" {
			p.add("verificationStatus", conditionStatus("ver-status", "entered-in-error"))
			p.clear = append(p.clear, "clinicalStatus")
		} else {
			p.initial("clinicalStatus", conditionStatus("clinical", "active"))
			p.add("verificationStatus", conditionStatus("ver-status", diagnosisTypes.find(s.Field(6).Text(), "")))
		}
		p.add("category", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"condition-category", "code", "encounter-diagnosis")})})
		code := k.concept(v)
		if text := strings.TrimSpace(s.Field(4).Text()); text != "" && code.Get("text") == "" {
			code = code.With("text", text)
		}
		p.add("code", code)
		p.add("subject", k.subject)
		p.add("encounter", visit)
		p.set("recordedDate", s.Field(5), k.dateTime(s.Field(5), at("DG1", i, 5)))
		p.add("recorder", k.provider(s.Field(16)))
		refs = append(refs, k.patch(key, p))
	}
	return refs
}

// conditionStatus is a code of condition-clinical or condition-ver-status.
func conditionStatus(name, code string) fhir.Object {
	if code == "" {
		return fhir.Object{}
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"condition-"+name, "code", code)})
}
