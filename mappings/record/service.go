package record

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// Service is one delivered service: a claim line, an encounter record or a
// line of a visit log. Its columns are those of the ledger (ledger.md, table
// "service"); impossible dates, units that are not positive and an empty code
// are taken as sent, the ledger answers them with invalid_line.
type Service struct {
	LineID    string `json:"line_id" need:"yes" fhir:"Claim.identifier / Encounter.identifier"`
	ClaimID   string `json:"claim_id" fhir:"Claim.identifier (second)"`
	Member    `csv:""`
	Person    `csv:"-"`
	Provider  string         `json:"provider_id" need:"column" fhir:"Claim.provider.identifier"`
	Code      string         `json:"code" need:"column" fhir:"Claim.item.productOrService" loss:"inner blanks are reduced to one"`
	Modifiers Modifiers      `json:"modifiers" fhir:"Claim.item.modifier"`
	Date      AnyDate        `json:"service_date" need:"column" fhir:"Claim.item.servicedDate" loss:"an impossible date is kept as text in the extension service-line"`
	Units     ledger.Decimal `json:"units" need:"yes" fhir:"Claim.item.quantity.value"`
	Unit      string         `json:"unit" fhir:"Claim.item.quantity.unit"`
	Frequency string         `json:"frequency" code:"frequency" fhir:"extension service-line: frequency"`
	Replaces  string         `json:"replaces" fhir:"extension service-line: replaces; Claim.related"`
	Source    string         `json:"source" code:"source" open:"yes" fhir:"Encounter when encounter or visit log, else Claim"`
	Auth      string         `json:"authorization_id" fhir:"Claim.insurance.preAuthRef"`
	VisitID   string         `json:"visit_id" fhir:"extension service-line: visit"`
	StartTime string         `json:"start_time" fhir:"extension service-line: start"`
	Received  Instant        `json:"received_at" fhir:"extension received-at"`
}

// Name is "service".
func (*Service) Name() string { return "service" }

// ID is the line id.
func (s *Service) ID() string { return s.LineID }

// Check has no rules: what one line says is judged by the ledger.
func (s *Service) Check() fhir.Issues { return nil }

// Visit says that the line comes from an encounter record or a visit log.
func (s *Service) Visit() bool { return s.Source == "encounter" || s.Source == "visit log" }
