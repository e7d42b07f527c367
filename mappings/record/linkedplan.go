package record

import "github.com/throughline/throughline/fhir"

// LinkedPlan is planning of others for the same child, or what a child-serving
// system has on it: an IEP, a case plan, a review, a report; at hand or not, joined
// by the coordinator or not (seed 002, 2 and 13).
type LinkedPlan struct {
	LinkedID   string `json:"linked_id" need:"yes" fhir:"DocumentReference.identifier"`
	Member     `csv:""`
	Person     `csv:"-"`
	PlanID     string `json:"plan_id" fhir:"DocumentReference.context.related (CarePlan)"`
	Kind       string `json:"kind" need:"yes" code:"linked_kind" fhir:"DocumentReference.type"`
	System     string `json:"system" need:"yes" code:"child_system" fhir:"DocumentReference.category"`
	Title      string `json:"title" need:"yes" personal:"yes" fhir:"DocumentReference.description, content.attachment.title"`
	Status     string `json:"status" need:"yes" code:"document_status" fhir:"DocumentReference.status"`
	HolderID   string `json:"holder_id" fhir:"DocumentReference.custodian.identifier"`
	HolderName string `json:"holder_name" personal:"yes" fhir:"DocumentReference.custodian.display"`
	Start      Date   `json:"start" fhir:"DocumentReference.context.period.start"`
	End        Date   `json:"end" fhir:"DocumentReference.context.period.end"`
	AtHand     Date   `json:"at_hand_since" fhir:"DocumentReference.content.attachment.creation"`
	Document   string `json:"document" personal:"yes" fhir:"DocumentReference.content.attachment.url"`
	Joined     bool   `json:"coordinator_joins" fhir:"extension coordinator-joins"`
	JoinedOn   Date   `json:"coordinator_joined_on" fhir:"extension coordinator-joined-on"`
}

// Name is "linked_plan".
func (*LinkedPlan) Name() string { return "linked_plan" }

// ID is the id of the plan with the sender.
func (p *LinkedPlan) ID() string { return p.LinkedID }

// Fill takes a day on which the coordinator joined for its joining.
func (p *LinkedPlan) Fill() { p.Joined = p.Joined || p.JoinedOn != "" }

// Check refuses a wrong period and a document that is no URL.
func (p *LinkedPlan) Check() fhir.Issues {
	var c checks
	c.period("end", p.Start, p.End)
	c.url("document", p.Document)
	return c.issues
}
