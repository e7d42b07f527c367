package record

import "github.com/throughline/throughline/fhir"

// Enrollment is one span of coverage by a payer, of enrollment in a program, or
// both (ledger.md, table "enrollment"). An end before the start retracts it.
type Enrollment struct {
	Member      `csv:""`
	Start       Date    `json:"start" need:"yes" fhir:"Coverage.period.start, EpisodeOfCare.period.start"`
	End         Date    `json:"end" fhir:"Coverage.period.end, EpisodeOfCare.period.end" loss:"an end before the start is kept in the extension retracted-end"`
	Payer       string  `json:"payer" fhir:"Coverage.payor.identifier"`
	Program     string  `json:"program" fhir:"EpisodeOfCare.type"`
	County      string  `json:"county" fhir:"extension county"`
	Coordinator string  `json:"coordinator_id" csv:"-" fhir:"EpisodeOfCare.careManager.identifier" loss:"kept only with a program"`
	Received    Instant `json:"received_at" fhir:"extension received-at"`
	Person      `csv:"-"`
}

// Name is "enrollment".
func (*Enrollment) Name() string { return "enrollment" }

// ID is the key of the ledger: member, payer, program and start.
func (e *Enrollment) ID() string {
	return e.MemberID + "|" + e.Payer + "|" + e.Program + "|" + string(e.Start)
}

// Retracted says that the span takes back what was sent before.
func (e *Enrollment) Retracted() bool { return e.End != "" && e.End < e.Start }

// Check wants a coordinator to belong to a program.
func (e *Enrollment) Check() fhir.Issues {
	var c checks
	if e.Coordinator != "" && e.Program == "" {
		c.bad("coordinator_id", "a coordinator without a program", "a coordinator of a program", "add the program, or leave the coordinator out")
	}
	return c.issues
}
