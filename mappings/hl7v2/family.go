package hl7v2

import (
	"cmp"
	"strings"

	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// family makes a RelatedPerson of each NK1: 2 name, 3 relationship, 4 address,
// 5 and 6 phones, 7 contact role, 8 and 9 period, 13 organization, 33 ids.
func (k *maker) family() {
	for i, s := range k.er.All("NK1") {
		if !s.Field(2).Has() && !s.Field(13).Has() {
			continue
		}
		k.relative(i, s)
	}
}

// relative is known by NK1-33, else within the child by name and relationship:
// NK1-1 only counts.
func (k *maker) relative(i int, s *er7.Segment) {
	id, _ := k.cx(s.Field(33))
	key := k.key("related", k.child, cmp.Or(id.Value, token(strings.ToLower(display(s.Field(2), 1)), s.Field(3).Text(), s.Field(13).Text())))
	key = k.single("RelatedPerson", key)
	p := start("RelatedPerson", key)
	p.add("active", true)
	p.add("patient", k.subject)
	var roles fhir.List
	for _, v := range []er7.Value{s.Field(3), s.Field(7)} {
		if v.Has() {
			roles = append(roles, k.relationship(v))
		}
	}
	p.add("relationship", roles)
	people := names(s.Field(2))
	if org := s.Field(13).Comp(1).Text(); org != "" {
		people = append(people, fhir.Obj("use", "usual", "text", org))
	}
	p.add("name", people)
	phones := telecoms(s.Field(5), "home")
	p.add("telecom", append(phones, telecoms(s.Field(6), "work")...))
	p.set("gender", s.Field(15), genders.find(s.Field(15).Text(), ""))
	p.set("birthDate", s.Field(16), k.day(s.Field(16), at("NK1", i, 16)))
	p.set("address", s.Field(4), addresses(s.Field(4)))
	p.add("period", k.period(s, "NK1", i, 8, 9))
	k.patch(key, p)
}

// relationship is the v3 role where table 0063 has one, beside what was sent.
func (k *maker) relationship(v er7.Value) fhir.Object {
	o := k.concept(v)
	code := relationships.find(v.Comp(1).Text(), "")
	if code == "" {
		return o
	}
	list, _ := o.Get("coding").(fhir.List)
	return o.With("coding", append(fhir.List{fhir.Obj("system", codes.Terminology+"v3-RoleCode", "code", code)}, list...))
}

// period of two date fields. An end before the start is left out, and said.
func (k *maker) period(s *er7.Segment, id string, i, from, to int) fhir.Object {
	lo, okLo := k.parse(s.Field(from), at(id, i, from))
	hi, okHi := k.parse(s.Field(to), at(id, i, to))
	o := fhir.Obj()
	if okLo {
		o = o.With("start", lo.dateTime())
	}
	if okLo && okHi && hi.time.Before(lo.time) {
		k.warn(at(id, i, to), "an end before the start", "an end after the start", "send both again; the end was left out")
		return o
	}
	if okHi {
		o = o.With("end", hi.dateTime())
	}
	return o
}

// coverage makes a Coverage of each IN1: 2 plan, 3 and 4 payer, 8 group, 12 and
// 13 period, 15 type, 17 relationship, 36 policy. The ledger's spans come from
// who decides on enrollment (834, records), not from here.
func (k *maker) coverage() {
	for i, s := range k.er.All("IN1") {
		plan, payer := strings.TrimSpace(s.Field(2).Comp(1).Text()), strings.TrimSpace(s.Field(3).Comp(1).Text())
		if plan == "" && payer == "" {
			continue
		}
		key := k.single("Coverage", k.key("coverage", k.child, payer, plan, k.day(s.Field(12), at("IN1", i, 12))))
		p := start("Coverage", key)
		p.initial("status", "active")
		p.add("type", k.insuranceType(s))
		p.add("subscriberId", strings.TrimSpace(cmp.Or(s.Field(36).Text(), s.Field(49).Text())))
		p.add("beneficiary", k.subject)
		if v := s.Field(17); v.Has() {
			p.add("relationship", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"subscriber-relationship", "code", subscribers.find(v.Text(), "other"))}))
		}
		p.add("period", k.period(s, "IN1", i, 12, 13))
		p.add("payor", fhir.List{k.payer(payer, cmp.Or(s.Field(4).Text(), s.Field(2).Comp(2).Text(), "payer not stated"))})
		var class fhir.List
		for _, c := range []struct{ typ, value, name string }{{"plan", plan, s.Field(2).Comp(2).Text()}, {"group", s.Field(8).Text(), s.Field(9).Text()}} {
			if c.value != "" {
				class = append(class, fhir.Obj("type", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"coverage-class", "code", c.typ)}), "value", c.value, "name", c.name))
			}
		}
		p.add("class", class)
		k.patch(key, p)
	}
}

func (k *maker) insuranceType(s *er7.Segment) fhir.Object {
	if v := s.Field(15); v.Has() {
		return k.concept(v)
	}
	return fhir.Object{}
}

func (k *maker) payer(id, name string) fhir.Object {
	o := fhir.Obj("type", "Organization")
	if id != "" {
		o = o.With("identifier", fhir.Obj("system", codes.Payer, "value", id))
	}
	return o.With("display", name)
}
