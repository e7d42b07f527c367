package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// PayerDecision is a payer's answer to a request for prior authorization that it got
// from here: the work queue's way of deciding. The child, the provider and the
// service are those of the request. A row of CSV decides one item.
type PayerDecision struct {
	Nobody      `csv:""`
	Trace       string        `json:"trace_number" need:"yes" fhir:"Claim.identifier"`
	TraceSystem string        `json:"trace_system" fhir:"Claim.identifier.system" loss:"only needed where two requesters use one number"`
	Revision    int64         `json:"revision" fhir:"" loss:"absent = the newest submission of that trace number"`
	Seen        int64         `json:"seen_version" csv:"-" fhir:"" loss:"absent = whatever stands; another version than the current one is a conflict"`
	DecidedAt   Instant       `json:"decided_at" need:"yes" fhir:"ClaimResponse.created"`
	ExtendDays  int64         `json:"extend_days" csv:"-" fhir:"" loss:"further calendar days the payer takes to decide"`
	ExtendWhy   string        `json:"extend_reason" csv:"-" personal:"yes" fhir:""`
	Items       []PayerAnswer `json:"items" csv:"*" need:"yes" fhir:"ClaimResponse.item"`
}

// PayerAnswer is the answer to one item.
type PayerAnswer struct {
	Item       int64          `json:"item" need:"yes" fhir:"ClaimResponse.item.itemSequence"`
	Action     string         `json:"action" need:"yes" code:"review_action" fhir:"reviewActionCode"`
	Number     string         `json:"authorization_id" fhir:"reviewAction number"`
	Units      ledger.Decimal `json:"units" fhir:"addItem.quantity, itemAuthorizedDetail" loss:"absent = as asked"`
	Unit       string         `json:"unit" fhir:"quantity.unit"`
	Code       string         `json:"code" fhir:"addItem.productOrService" loss:"absent = as asked"`
	Modifiers  Modifiers      `json:"modifiers" fhir:"addItem.modifier"`
	Start      Date           `json:"start" fhir:"itemPreAuthPeriod"`
	End        Date           `json:"end" fhir:"itemPreAuthPeriod"`
	ReasonCode string         `json:"reason_code" fhir:"reviewAction reasonCode"`
	Basis      string         `json:"basis" code:"denial_basis" fhir:"reviewAction reasonCode"`
	Reason     string         `json:"reason" personal:"yes" fhir:"ClaimResponse.processNote"`
	Reviewer   string         `json:"reviewer" personal:"yes" fhir:"extension reviewer: name"`
	Credential string         `json:"credential" fhir:"extension reviewer: credential"`
}

// Name is "decision".
func (*PayerDecision) Name() string { return "decision" }

// ID is the trace number of the request.
func (d *PayerDecision) ID() string { return d.Trace }

// Fill has nothing to add.
func (*PayerDecision) Fill() {}

// Check wants each item once, and a specific reason for every denial and cut
// (42 CFR 438.404(b)).
func (d *PayerDecision) Check() fhir.Issues {
	var c checks
	seen := map[int64]bool{}
	if d.ExtendDays < 0 || (d.ExtendDays > 0) != (d.ExtendWhy != "") {
		c.bad("extend_days", strconv.FormatInt(d.ExtendDays, 10), "a number of calendar days with extend_reason, or neither (42 CFR 438.210(d)(1)(ii))", "say how many days, and why they are in the child's interest")
	}
	for i, item := range d.Items {
		path := at("items", i)
		if seen[item.Item] {
			c.bad(path+".item", "an item that an earlier entry decides", "each item once", "send one answer for each item")
		}
		seen[item.Item] = true
		c.period(path+".end", item.Start, item.End)
		switch item.Action {
		case "A3", "A6", "A2":
			if item.Reason == "" && item.ReasonCode == "" {
				c.bad(path+".reason", "nothing", "a specific reason for a denial or a cut, as text or code", "add reason or reason_code")
			}
		}
		if (item.Action == "A6" || item.Action == "A2") && item.Units.Coef == 0 && item.Code == "" && item.Start == "" {
			c.bad(path+".units", "nothing that is modified", "units, code or a period, as authorised", "say what is authorised, or use A1")
		}
		if item.Units.Coef < 0 {
			c.bad(path+".units", item.Units.String(), "above 0, or absent", "send the authorised quantity")
		}
	}
	return c.issues
}
