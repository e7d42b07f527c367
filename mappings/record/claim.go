package record

import "github.com/throughline/throughline/fhir"

// Claim is a claim or an encounter report as X12 837P sends it: its lines are
// services, and what they share stands once. JSON and CSV send lines one by one
// (Service); both say the same to the ledger.
type Claim struct {
	Member
	Person
	ClaimID   string // CLM01
	Frequency string // CLM05-3: 1, 7, 8
	Control   string // REF*F8: the payer's own number of the claim that this one replaces or voids
	Source    string // claim, or encounter when reported (BHT06 RP)
	Total     string // CLM02, dollars
	Place     string // CLM05-1
	Auth      string // REF*G1 of the claim; its lines have it too unless they name their own
	Created   Instant
	Payer     Party
	Billing   Party
	Rendering Party
	Diagnoses []Diagnosis // the principal one first
	Lines     []ClaimLine
}

// Diagnosis is a code with its dot, of ICD-10-CM, or of ICD-9-CM before it.
type Diagnosis struct {
	Code string
	ICD9 bool
}

// Party is a provider or a payer as a claim names it.
type Party struct {
	ID     string // NPI, or the payer's own id
	Name   string // of an organization, or the family name of a person
	Given  string
	Person bool
	Field  string // taxonomy of what it does (PRV03)
}

// ClaimLine is one service line and what only claims say of it.
type ClaimLine struct {
	Service
	End       Date // last day of a line over several days, else empty
	Charge    string
	Place     string // where it differs from the claim's
	Pointers  []int  // diagnoses, from 1
	EPSDT     bool
	Rendering Party // where it differs from the claim's
}

// Name is "claim".
func (*Claim) Name() string { return "claim" }

// ID is the claim's own number, with what it does to an earlier one.
func (c *Claim) ID() string {
	if c.Frequency == "1" {
		return c.ClaimID
	}
	return c.ClaimID + "/" + c.Frequency
}

// Fill has nothing to add.
func (*Claim) Fill() {}

// Check has no rules: the wire checks what it reads.
func (*Claim) Check() fhir.Issues { return nil }

// Remittance is what a payer decided on one claim (X12 835, CLP).
type Remittance struct {
	Member
	Person
	ClaimID  string // CLP01: the claim's own number
	Status   string // CLP02
	Control  string // CLP07: the payer's number of the claim
	Charge   string
	Paid     string
	Place    string
	Payer    Party
	Payee    Party
	Created  Instant
	Start    Date // of the claim's services
	End      Date
	Adjusted []Adjustment
	Lines    []RemittanceLine
}

// RemittanceLine is what the payer decided on one service (SVC).
type RemittanceLine struct {
	Control   string // REF*6R
	Code      string
	Modifiers Modifiers
	Start     Date
	End       Date
	Units     string
	Charge    string
	Paid      string
	Adjusted  []Adjustment
	Remarks   []string // LQ*HE
}

// Adjustment is why not all was paid: group (CO, OA, PI, PR) and reason (CARC).
type Adjustment struct{ Group, Reason, Amount string }

// Name is "remittance".
func (*Remittance) Name() string { return "remittance" }

// ID is the claim's number and the payer's.
func (r *Remittance) ID() string { return r.ClaimID + "/" + r.Control }

// Fill has nothing to add.
func (*Remittance) Fill() {}

// Check has no rules: the wire checks what it reads.
func (*Remittance) Check() fhir.Issues { return nil }

// Termination ends what is known of a member's enrollment with a payer without
// saying when it began (X12 834, 024).
type Termination struct {
	Member
	Person
	Payer    string
	Program  string // empty = any
	End      Date
	Received Instant
}

// Name is "termination".
func (*Termination) Name() string { return "termination" }

// ID is what is ended, and when.
func (t *Termination) ID() string {
	return t.MemberID + "|" + t.Payer + "|" + t.Program + "|until " + string(t.End)
}

// Fill has nothing to add.
func (*Termination) Fill() {}

// Check has no rules: the wire checks what it reads.
func (*Termination) Check() fhir.Issues { return nil }
