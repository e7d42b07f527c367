package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// CarePlan reads a plan and its parts.
func CarePlan(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.plan()
	if r == nil {
		return nil, missing("CarePlan")
	}
	p := s.planOf(r)
	s.each(r.Get("supportingInfo"), func(o *fhir.Resource) {
		if o.Type == "Observation" {
			p.Strengths = append(p.Strengths, record.Strength{ID: sub(o, "care_plan", p.PlanID, "strength"), Domain: anyOf("life_domain", o.Get("category")), Text: o.Get("valueString").Text()})
		}
	})
	s.each(r.Get("addresses"), func(c *fhir.Resource) { p.Needs = append(p.Needs, need(c, p.PlanID)) })
	s.each(r.Get("goal"), func(g *fhir.Resource) { p.Goals = append(p.Goals, goal(g, p.PlanID)) })
	for _, activity := range r.Get("activity").Items() {
		s.each(activity.Get("reference"), func(o *fhir.Resource) { p.Services = append(p.Services, planned(o, p.PlanID)) })
	}
	for _, e := range r.Get("extension").Items() {
		if e.Get("url").Text() == codes.Extensions+"plan-decision" {
			p.Decisions = append(p.Decisions, record.Decision{Role: part(e, "role"), Person: part(e, "person"), Decision: part(e, "decision"),
				On: record.Date(part(e, "date")), Note: part(e, "note")})
		}
	}
	p.Crisis = s.crisis(p.PlanID)
	return p, losses(s, planKeeps)
}

var planKeeps = keeps{"Patient": patient,
	"CarePlan":       "replaces partOf status intent category title description subject period created author careTeam addresses supportingInfo goal activity note",
	"Observation":    "status category code subject valueString",
	"Condition":      "clinicalStatus verificationStatus category code subject recordedDate",
	"Goal":           "lifecycleStatus achievementStatus category description subject startDate target expressedBy addresses",
	"ServiceRequest": "status intent code orderDetail quantityQuantity quantityRatio subject occurrencePeriod performer insurance",
	"Contract":       "status subject topicReference signer"}

// plan is the main plan: the CarePlan that is not part of another.
func (s source) plan() *fhir.Resource {
	for _, r := range s {
		if r.Type == "CarePlan" && r.Get("partOf") == nil {
			return r
		}
	}
	return nil
}

func (s source) planOf(r *fhir.Resource) *record.CarePlan {
	p := &record.CarePlan{
		PlanID: id(r, "care_plan"), Title: r.Get("title").Text(), Status: r.Get("status").Text(),
		Start: date(r.Get("period", "start")), End: date(r.Get("period", "end")), Created: date(r.Get("created")),
		AuthorID: named(r.Get("author")), AuthorName: display(r.Get("author")), TeamID: s.namedAs("care_team", first(r.Get("careTeam"))),
		Version: value(ext(r.Root(), "plan-version")).Text(), Replaces: named(first(r.Get("replaces"))),
	}
	p.Member, p.Person = s.child(r.Get("subject"))
	review := ext(r.Root(), "plan-review")
	p.LastReview, p.NextReview = record.Date(part(review, "last")), record.Date(part(review, "next"))
	for _, n := range r.Get("note").Items() {
		switch n.Get("authorString").Text() {
		case "Family":
			p.FamilyWords = n.Get("text").Text()
		case "Youth":
			p.YouthWords = n.Get("text").Text()
		}
	}
	return p
}

func need(r *fhir.Resource, plan string) record.Need {
	return record.Need{
		ID: sub(r, "care_plan", plan, "need"), Domain: anyOf("life_domain", r.Get("category")), Text: r.Get("code", "text").Text(),
		Diagnosis: coding(r.Get("code"), codes.ICD10), Status: ours("need_status", r.Get("clinicalStatus")), Since: date(r.Get("recordedDate")),
	}
}

func goal(r *fhir.Resource, plan string) record.Goal {
	g := record.Goal{
		ID: sub(r, "care_plan", plan, "goal"), Domain: anyOf("life_domain", r.Get("category")), Text: r.Get("description", "text").Text(),
		Status: r.Get("lifecycleStatus").Text(), Progress: ours("progress", r.Get("achievementStatus")),
		Start: date(r.Get("startDate")), Due: date(first(r.Get("target")).Get("dueDate")), StatedBy: voice(r.Get("expressedBy")),
	}
	for _, n := range r.Get("addresses").Items() {
		g.ForNeeds = append(g.ForNeeds, cut(named(n), plan+"/need/"))
	}
	return g
}

// voice reads who stated a goal: the display is the table's.
func voice(reference *fhir.Node) string {
	for _, c := range codes.Get("voice").Codes {
		if c.Display == display(reference) {
			return c.Code
		}
	}
	return ""
}

func cut(s, prefix string) string {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

func planned(r *fhir.Resource, plan string) record.PlannedService {
	out := record.PlannedService{
		ID: sub(r, "care_plan", plan, "service"), Code: coding(r.Get("code"), codes.HCPCS), Modifiers: modifiers(r.Get("orderDetail")), Text: r.Get("code", "text").Text(),
		Start: date(r.Get("occurrencePeriod", "start")), End: date(r.Get("occurrencePeriod", "end")),
		ResponsibleID: named(first(r.Get("performer"))), ResponsibleName: display(first(r.Get("performer"))), Auth: named(first(r.Get("insurance"))),
	}
	amount := r.Get("quantityQuantity")
	if ratio := r.Get("quantityRatio"); ratio != nil {
		amount, out.Per = ratio.Get("numerator"), ratio.Get("denominator", "unit").Text()
	}
	out.Units, out.Unit = decimal(amount.Get("value")), amount.Get("unit").Text()
	for _, e := range r.Get("extension").Items() {
		if e.Get("url").Text() == "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal" {
			out.ForGoals = append(out.ForGoals, cut(named(e.Get("valueReference")), plan+"/goal/"))
		}
	}
	return out
}

// crisis is the plan that is part of the main one.
func (s source) crisis(plan string) *record.CrisisPlan {
	for _, r := range s {
		if r.Type != "CarePlan" || r.Get("partOf") == nil {
			continue
		}
		c := &record.CrisisPlan{ID: sub(r, "care_plan", plan, "crisis"), Title: r.Get("title").Text(), Status: r.Get("status").Text(),
			Signs: r.Get("description").Text(), Updated: date(r.Get("created"))}
		for _, activity := range r.Get("activity").Items() {
			detail := activity.Get("detail")
			who := first(detail.Get("performer"))
			c.Steps = append(c.Steps, record.CrisisStep{Text: detail.Get("description").Text(), Who: display(who), Phone: value(ext(who, "crisis-phone")).Text()})
		}
		return c
	}
	return nil
}
