package record

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// CarePlan is a child's service coordination plan as the wraparound roles ask
// for it (seed 002, 1, 3, 4, 6, 16, 17, 22): strengths and needs across the life
// domains, goals, services each with a responsible member, the family's and the
// youth's own words, the decisions on it, its review dates, its crisis plan.
type CarePlan struct {
	PlanID      string `json:"plan_id" need:"yes" fhir:"CarePlan.identifier"`
	Member      `csv:""`
	Person      `csv:""`
	Title       string           `json:"title" need:"yes" personal:"yes" fhir:"CarePlan.title"`
	Status      string           `json:"status" need:"yes" code:"plan_status" fhir:"CarePlan.status"`
	Start       Date             `json:"start" need:"yes" fhir:"CarePlan.period.start"`
	End         Date             `json:"end" fhir:"CarePlan.period.end"`
	Created     Date             `json:"created" fhir:"CarePlan.created"`
	AuthorID    string           `json:"author_id" fhir:"CarePlan.author.identifier"`
	AuthorName  string           `json:"author_name" personal:"yes" fhir:"CarePlan.author.display"`
	TeamID      string           `json:"team_id" fhir:"CarePlan.careTeam.identifier"`
	Version     string           `json:"version" fhir:"extension plan-version"`
	Replaces    string           `json:"replaces" fhir:"CarePlan.replaces.identifier"`
	LastReview  Date             `json:"last_review" fhir:"extension plan-review: last"`
	NextReview  Date             `json:"next_review" fhir:"extension plan-review: next"`
	FamilyWords string           `json:"family_words" personal:"yes" fhir:"CarePlan.note (authorString Family)"`
	YouthWords  string           `json:"youth_words" personal:"yes" fhir:"CarePlan.note (authorString Youth)"`
	Strengths   []Strength       `json:"strengths" csv:"strength" fhir:"Observation, CarePlan.supportingInfo"`
	Needs       []Need           `json:"needs" csv:"need" fhir:"Condition, CarePlan.addresses"`
	Goals       []Goal           `json:"goals" csv:"goal" fhir:"Goal, CarePlan.goal"`
	Services    []PlannedService `json:"services" csv:"service" fhir:"ServiceRequest, CarePlan.activity.reference"`
	Decisions   []Decision       `json:"decisions" csv:"decision" fhir:"extension plan-decision; Contract.signer when agreed"`
	Crisis      *CrisisPlan      `json:"crisis_plan" csv:"crisis" fhir:"CarePlan (own category, partOf the plan)"`
}

// Strength is something the child or family can build on (seed 002, 1 and 4).
type Strength struct {
	ID     string `json:"id" need:"yes" fhir:"Observation.identifier"`
	Domain string `json:"domain" code:"life_domain" fhir:"Observation.category"`
	Text   string `json:"text" need:"yes" personal:"yes" fhir:"Observation.valueString"`
}

// Need is an assessed need.
type Need struct {
	ID        string `json:"id" need:"yes" fhir:"Condition.identifier"`
	Domain    string `json:"domain" code:"life_domain" fhir:"Condition.category"`
	Text      string `json:"text" need:"yes" personal:"yes" fhir:"Condition.code.text"`
	Diagnosis string `json:"diagnosis" personal:"yes" fhir:"Condition.code.coding (ICD-10-CM)"`
	Status    string `json:"status" code:"need_status" fhir:"Condition.clinicalStatus" loss:"absent is written as active"`
	Since     Date   `json:"since" fhir:"Condition.recordedDate"`
}

// Goal is what the team works towards. Status is its life cycle, progress how
// far it got: FHIR keeps the two apart.
type Goal struct {
	ID       string `json:"id" need:"yes" fhir:"Goal.identifier"`
	Domain   string `json:"domain" code:"life_domain" fhir:"Goal.category"`
	Text     string `json:"text" need:"yes" personal:"yes" fhir:"Goal.description.text"`
	Status   string `json:"status" code:"goal_status" fhir:"Goal.lifecycleStatus" loss:"absent is written as active"`
	Progress string `json:"progress" code:"progress" fhir:"Goal.achievementStatus"`
	Start    Date   `json:"start" fhir:"Goal.startDate"`
	Due      Date   `json:"due" fhir:"Goal.target.dueDate"`
	StatedBy string `json:"stated_by" code:"voice" fhir:"Goal.expressedBy"`
	ForNeeds IDs    `json:"needs" fhir:"Goal.addresses"`
}

// PlannedService is a service of the plan with its responsible member
// (seed 002, 16).
type PlannedService struct {
	ID              string         `json:"id" need:"yes" fhir:"ServiceRequest.identifier"`
	Code            string         `json:"code" fhir:"ServiceRequest.code.coding"`
	Modifiers       Modifiers      `json:"modifiers" fhir:"ServiceRequest.orderDetail"`
	Text            string         `json:"text" personal:"yes" fhir:"ServiceRequest.code.text"`
	Units           ledger.Decimal `json:"units" fhir:"ServiceRequest.quantityRatio.numerator"`
	Unit            string         `json:"unit" fhir:"ServiceRequest.quantityRatio.numerator.unit"`
	Per             string         `json:"per" code:"per" fhir:"ServiceRequest.quantityRatio.denominator"`
	Start           Date           `json:"start" fhir:"ServiceRequest.occurrencePeriod.start"`
	End             Date           `json:"end" fhir:"ServiceRequest.occurrencePeriod.end"`
	ResponsibleID   string         `json:"responsible_id" fhir:"ServiceRequest.performer.identifier"`
	ResponsibleName string         `json:"responsible_name" personal:"yes" fhir:"ServiceRequest.performer.display"`
	ForGoals        IDs            `json:"goals" fhir:"ServiceRequest.extension pertainsToGoal"`
	Auth            string         `json:"authorization_id" fhir:"ServiceRequest.insurance.identifier"`
}

// Decision is what somebody decided on this version of the plan.
type Decision struct {
	Role     string `json:"role" need:"yes" code:"voice" fhir:"extension plan-decision: role; Contract.signer.type"`
	Person   string `json:"person" personal:"yes" fhir:"extension plan-decision: person; Contract.signer.party.display"`
	Decision string `json:"decision" need:"yes" code:"decision" fhir:"extension plan-decision: decision"`
	On       Date   `json:"on" need:"yes" fhir:"extension plan-decision: date; Contract.signer.signature.when" loss:"the signature is written as midnight in the partner's zone"`
	Note     string `json:"note" personal:"yes" fhir:"extension plan-decision: note"`
}

// CrisisPlan is the proactive crisis and safety plan (seed 002, 6).
type CrisisPlan struct {
	ID      string       `json:"id" need:"yes" fhir:"CarePlan.identifier"`
	Title   string       `json:"title" personal:"yes" fhir:"CarePlan.title" loss:"absent is written as Crisis and safety plan"`
	Status  string       `json:"status" code:"plan_status" fhir:"CarePlan.status" loss:"absent is written as the plan's"`
	Signs   string       `json:"warning_signs" personal:"yes" fhir:"CarePlan.description"`
	Steps   []CrisisStep `json:"steps" csv:"step" fhir:"CarePlan.activity.detail"`
	Updated Date         `json:"updated" fhir:"CarePlan.created"`
}

// CrisisStep says what to do, who does it, and how to reach them.
type CrisisStep struct {
	Text  string `json:"text" need:"yes" personal:"yes" fhir:"CarePlan.activity.detail.description"`
	Who   string `json:"who" personal:"yes" fhir:"CarePlan.activity.detail.performer.display"`
	Phone string `json:"phone" personal:"yes" fhir:"extension crisis-phone"`
}

// Name is "care_plan".
func (*CarePlan) Name() string { return "care_plan" }

// ID is the plan's id.
func (p *CarePlan) ID() string { return p.PlanID }

// Check refuses periods that end before they start, ids used twice, and names
// of needs and goals that the plan does not have.
func (p *CarePlan) Check() fhir.Issues {
	var c checks
	c.period("end", p.Start, p.End)
	c.unique("strengths", ids(p.Strengths, func(s Strength) string { return s.ID }))
	needs := c.unique("needs", ids(p.Needs, func(n Need) string { return n.ID }))
	goals := c.unique("goals", ids(p.Goals, func(g Goal) string { return g.ID }))
	c.unique("services", ids(p.Services, func(s PlannedService) string { return s.ID }))
	for i, g := range p.Goals {
		c.period(at("goals", i)+".due", g.Start, g.Due)
		c.known(at("goals", i)+".needs", g.ForNeeds, needs, "needs")
	}
	for i, s := range p.Services {
		path := at("services", i)
		c.period(path+".end", s.Start, s.End)
		c.known(path+".goals", s.ForGoals, goals, "goals")
		if s.Code == "" && s.Text == "" {
			c.bad(path+".code", "a service without code and text", "a code, a text, or both", "say which service it is")
		}
		if s.Units.Coef == 0 && s.Unit+s.Per != "" {
			c.bad(path+".units", "nothing", "a quantity with its unit", "send the planned quantity")
		}
		if s.Units.Coef < 0 {
			c.bad(path+".units", s.Units.String(), "0 or more", "send the planned quantity")
		}
	}
	return c.issues
}
