package hl7v2

import (
	"cmp"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// objectives is PGL (goals with their problems) and PPR (problems with their
// goals): both have PRB, GOL, ROL, OBX and NTE behind the segment they belong to.
func objectives(k *maker) {
	need := map[string]string{"PGL": "GOL", "PPR": "PRB"}[k.header.Type]
	if k.er.First(need) == nil {
		k.refuse(need, fhir.CodeRequired, "no "+need, "one for each goal or problem", "send what is added, changed or deleted")
		return
	}
	var needs fhir.List
	for _, g := range k.er.Groups("PRB", "GOL") {
		if g[0].ID() == "PRB" {
			needs = append(needs, k.problem(g))
		}
	}
	for _, g := range k.er.Groups("PRB", "GOL") {
		if g[0].ID() == "GOL" {
			k.goal(g, needs)
		}
	}
	k.team(k.er.Segments)
}

// gone says that an action code or the event deletes.
func (k *maker) gone(action string) bool {
	return action == "DE" || action == "" && (k.header.Event == "PC8" || k.header.Event == "PC3")
}

// instance is the key of GOL-4 or PRB-4, else of the child and the code.
func (k *maker) instance(s *er7.Segment, typ, name string) gateway.Identifier {
	id := strings.TrimSpace(s.Field(4).Comp(1).Text())
	if id == "" {
		id = k.child + "/" + strings.TrimSpace(cmp.Or(s.Field(3).Comp(1).Text(), s.Field(3).Comp(2).Text()))
	}
	return k.single(typ, k.key(name, id))
}

// goal: GOL-1 action, 3 what, 4 instance, 6 priority, 7 established, 8 expected,
// 16 evaluation, 17 comment, 18 and 19 life cycle; OBX its measures.
func (k *maker) goal(g er7.Group, needs fhir.List) {
	s := g[0]
	key := k.instance(s, "Goal", "goal")
	p := start("Goal", key)
	if state := goalStates.find(s.Field(18).Text(), ""); k.gone(s.Field(1).Text()) {
		p.add("lifecycleStatus", "entered-in-error")
	} else if state != "" {
		p.add("lifecycleStatus", state)
	} else {
		p.initial("lifecycleStatus", "active")
	}
	if v := s.Field(16); v.Has() {
		p.add("achievementStatus", k.achievement(v))
	}
	if v := s.Field(6); v.Has() {
		p.add("priority", fhir.Obj("text", v.Text()))
	}
	text := k.concept(s.Field(3))
	if text.Get("text") == "" {
		text = text.With("text", words(s.Field(3)))
	}
	if string(text.JSON()) == "{}" {
		k.refuse(k.place(s, 3), fhir.CodeRequired, "a goal that does not say what", "a code or a text", "send GOL-3")
		return
	}
	p.add("description", text)
	p.add("subject", k.subject)
	p.add("startDate", k.day(s.Field(7), k.place(s, 7)))
	if due := k.day(s.Field(8), k.place(s, 8)); due != "" {
		p.add("target", fhir.List{fhir.Obj("dueDate", due)})
	}
	p.add("statusDate", k.day(s.Field(19), k.place(s, 19)))
	p.add("statusReason", strings.TrimSpace(s.Field(17).Text()))
	p.add("addresses", needs)
	p.add("note", notes(g))
	var outcomes fhir.List
	for _, obx := range g.Groups("OBX") {
		outcomes = append(outcomes, k.observation(key, obx.Until("ROL", "PTH", "OBR", "ORC"), ""))
	}
	p.add("outcomeReference", outcomes)
	k.patch(key, p)
}

func (k *maker) achievement(v er7.Value) fhir.Object {
	code := strings.ToLower(strings.ReplaceAll(v.Text(), "_", "-"))
	if c, ok := codes.Get("progress").Find(code); ok {
		return fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Get("progress").System, "code", c.InFHIR())}, "text", v.Comp(2).Text())
	}
	return k.concept(v)
}

// problem: PRB-1 action, 3 what, 4 instance, 7 established, 9 resolved, 13
// confirmation, 14 life cycle, 16 onset.
func (k *maker) problem(g er7.Group) fhir.Object {
	s := g[0]
	key := k.instance(s, "Condition", "problem")
	p := start("Condition", key)
	switch {
	case k.gone(s.Field(1).Text()):
		p.add("verificationStatus", conditionStatus("ver-status", "entered-in-error"))
		p.clear = append(p.clear, "clinicalStatus")
	default:
		if state := problemStates.find(s.Field(14).Text(), ""); state != "" {
			p.add("clinicalStatus", conditionStatus("clinical", state))
		} else {
			p.initial("clinicalStatus", conditionStatus("clinical", "active"))
		}
		p.add("verificationStatus", conditionStatus("ver-status", certainties.find(s.Field(13).Text(), "")))
	}
	p.add("category", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"condition-category", "code", "problem-list-item")})})
	code := k.concept(s.Field(3))
	if string(code.JSON()) == "{}" {
		k.refuse(k.place(s, 3), fhir.CodeRequired, "a problem that does not say what", "a code or a text", "send PRB-3")
		return fhir.Object{}
	}
	p.add("code", code)
	p.add("subject", k.subject)
	p.add("encounter", k.visited())
	p.set("onsetDateTime", s.Field(16), k.dateTime(s.Field(16), k.place(s, 16)))
	p.set("abatementDateTime", s.Field(9), k.dateTime(s.Field(9), k.place(s, 9)))
	p.add("recordedDate", k.dateTime(s.Field(7), k.place(s, 7)))
	p.add("note", notes(g.Until("GOL", "ROL", "OBX")))
	return k.patch(key, p)
}
