package record

import "github.com/throughline/throughline/fhir"

// ApplicationPacket is an application for a grant: its documents with their dates
// and parts, what it states of the criteria and who attests it, the decision and
// the appeal (seed 004, eligibility criteria and appendix).
type ApplicationPacket struct {
	PacketID      string `json:"packet_id" need:"yes" fhir:"QuestionnaireResponse.identifier"`
	Member        `csv:""`
	Person        `csv:""`
	Program       string            `json:"program" need:"yes" fhir:"extension program"`
	Submitted     Date              `json:"submitted_on" fhir:"QuestionnaireResponse.authored; status in-progress without it"`
	Circumstances IDs               `json:"circumstances" code:"packet_circumstance" fhir:"QuestionnaireResponse.item circumstance"`
	Basis         IDs               `json:"basis" fhir:"QuestionnaireResponse.item basis"`
	Strengths     string            `json:"strengths" personal:"yes" fhir:"QuestionnaireResponse.item strengths"`
	Needs         string            `json:"needs" personal:"yes" fhir:"QuestionnaireResponse.item needs"`
	Decision      string            `json:"decision" code:"packet_decision" fhir:"extension packet-decision: decision"`
	DecidedOn     Date              `json:"decided_on" fhir:"extension packet-decision: on"`
	Reasons       IDs               `json:"decision_reasons" fhir:"extension packet-decision: reason (several)"`
	Appealed      bool              `json:"appealed" fhir:"extension packet-appeal: asked"`
	AppealedOn    Date              `json:"appealed_on" fhir:"extension packet-appeal: on"`
	Documents     []PacketDocument  `json:"documents" csv:"document" fhir:"DocumentReference"`
	Criteria      []PacketCriterion `json:"criteria" csv:"criterion" fhir:"QuestionnaireResponse.item criterion"`
}

// PacketDocument is one document of the packet. Its code and the names of its parts
// are those that the program's rules name.
type PacketDocument struct {
	ID       string `json:"id" need:"yes" fhir:"DocumentReference.identifier"`
	Code     string `json:"code" need:"yes" fhir:"DocumentReference.type"`
	Dated    Date   `json:"dated" fhir:"DocumentReference.content.attachment.creation"`
	Contents IDs    `json:"contents" fhir:"extension packet-content (several)"`
	Document string `json:"document" personal:"yes" fhir:"DocumentReference.content.attachment.url"`
}

// PacketCriterion is what the packet states of one criterion; none is computed.
type PacketCriterion struct {
	Code string `json:"code" need:"yes" fhir:"QuestionnaireResponse.item.linkId"`
	Met  bool   `json:"met" fhir:"QuestionnaireResponse.item.answer.valueBoolean"`
	By   string `json:"by" code:"attested_by" fhir:"extension attested: by"`
	ByID string `json:"by_id" fhir:"extension attested: who"`
	On   Date   `json:"on" fhir:"extension attested: on"`
}

// Name is "application_packet".
func (*ApplicationPacket) Name() string { return "application_packet" }

// ID is the packet's id.
func (p *ApplicationPacket) ID() string { return p.PacketID }

// Fill takes the day of an appeal for the appeal.
func (p *ApplicationPacket) Fill() { p.Appealed = p.Appealed || p.AppealedOn != "" }

// Check refuses documents named twice, and the day and the reasons of a decision
// that was not taken.
func (p *ApplicationPacket) Check() fhir.Issues {
	var c checks
	c.unique("documents", ids(p.Documents, func(d PacketDocument) string { return d.ID }))
	for i, d := range p.Documents {
		c.url(at("documents", i)+".document", d.Document)
	}
	if p.Decision == "" && (p.DecidedOn != "" || len(p.Reasons) > 0) {
		c.bad("decision", "nothing", "the decision of the day and the reasons that are sent", "send the decision, or leave the day and the reasons out")
	}
	c.period("decided_on", p.Submitted, p.DecidedOn)
	return c.issues
}
