package record

import (
	"slices"

	"github.com/throughline/throughline/fhir"
)

// AdverseNotice is the notice of an adverse benefit determination as it was sent
// to the family (42 CFR 438.404, 431.210): what was denied, reduced or ended,
// from when on, why, and who reviewed it. It names the request by its trace
// number, the authorization by the payer's number, or both.
type AdverseNotice struct {
	NoticeID    string `json:"notice_id" need:"yes" fhir:"Communication.identifier"`
	Member      `csv:""`
	Person      `csv:""`
	Trace       string  `json:"trace_number" fhir:"Communication.about (Claim).identifier"`
	TraceSystem string  `json:"trace_system" fhir:"Communication.about (Claim).identifier.system" loss:"only needed where two requesters use one number"`
	AuthID      string  `json:"authorization_id" fhir:"Communication.about (ClaimResponse).identifier"`
	Item        int64   `json:"item" fhir:"extension adverse-notice: item" loss:"absent and 0 are the same: the whole request"`
	Action      string  `json:"action" need:"yes" code:"adverse_action" fhir:"Communication.topic"`
	Sent        Instant `json:"sent_at" need:"yes" fhir:"Communication.sent"`
	Decided     Date    `json:"determined_on" need:"yes" fhir:"extension adverse-notice: determined-on"`
	Effective   Date    `json:"effective_on" fhir:"extension adverse-notice: effective-on"`
	Exception   string  `json:"advance_exception" code:"advance_exception" fhir:"extension adverse-notice: exception"`
	Basis       string  `json:"basis" code:"denial_basis" fhir:"Communication.reasonCode"`
	ReasonCode  string  `json:"reason_code" fhir:"extension adverse-notice: reason-code (X12 886)"`
	Reason      string  `json:"reason" personal:"yes" fhir:"Communication.payload.contentString"`
	Reviewer    string  `json:"reviewer" personal:"yes" fhir:"extension reviewer: name"`
	Credential  string  `json:"credential" fhir:"extension reviewer: credential"`
	To          string  `json:"sent_to" personal:"yes" fhir:"Communication.recipient.display"`
	Medium      string  `json:"medium" code:"contact_medium" fhir:"Communication.medium"`
}

// Name is "adverse_notice".
func (*AdverseNotice) Name() string { return "adverse_notice" }

// ID is the notice's id.
func (n *AdverseNotice) ID() string { return n.NoticeID }

// Fill has nothing to add.
func (*AdverseNotice) Fill() {}

// cutsRunning are the actions against a service that runs: they take effect on a
// day of their own (42 CFR 438.404(c)(1)).
var cutsRunning = []string{"reduced", "suspended", "terminated"}

// Check wants to know which decision the notice is about, and when a cut takes
// effect. A notice that lacks its reason or reviewer is taken, and says so: that
// it was sent must not be lost.
func (n *AdverseNotice) Check() fhir.Issues {
	var c checks
	c.linked(n.Trace, n.TraceSystem, n.AuthID, n.Item)
	if slices.Contains(cutsRunning, n.Action) && n.Effective == "" {
		c.bad("effective_on", "nothing", "the day on which a reduction, suspension or termination takes effect", "add effective_on")
	}
	for _, f := range []struct{ path, value, allowed string }{
		{"reason", n.Reason, "the specific reason in words (42 CFR 438.404(b)(2))"},
		{"reviewer", n.Reviewer, "who decided (42 CFR 438.210(b)(3))"},
		{"credential", n.Credential, "the credential of the reviewer (42 CFR 438.210(b)(3))"},
	} {
		if f.value == "" {
			c.issues = append(c.issues, fhir.Issue{Severity: fhir.Warning, Code: "business-rule", Path: f.path, Found: "nothing", Allowed: f.allowed,
				Fix: "send the notice again with it; until then it counts as incomplete"})
		}
	}
	return c.issues
}

// linked wants a record to say which request or authorization it is about.
func (c *checks) linked(trace, system, auth string, item int64) {
	if trace == "" && system != "" {
		c.bad("trace_system", "a system without a number", "trace_number beside it, or neither", "add trace_number")
	}
	if trace == "" && auth == "" {
		c.bad("authorization_id", "nothing", "the payer's authorization number, or the trace_number of the request", "add one of the two")
	}
	if item < 0 {
		c.bad("item", "a number below 0", "the sequence of an item, or absent", "correct it, or leave it out")
	}
}
