package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// Appeal is an appeal to the plan, a fair hearing or an external review about one
// decision (42 CFR 438.402 to 438.424): who filed it, when and how, what became
// of it, and whether benefits continue meanwhile. A fair hearing is a record of
// its own that names the appeal before it.
type Appeal struct {
	AppealID     string `json:"appeal_id" need:"yes" fhir:"Task.identifier"`
	Member       `csv:""`
	Person       `csv:""`
	Level        string             `json:"level" need:"yes" code:"appeal_level" fhir:"Task.code"`
	PriorID      string             `json:"appeal_of" fhir:"Task.partOf.identifier"`
	NoticeID     string             `json:"notice_id" fhir:"Task.reasonReference.identifier"`
	Trace        string             `json:"trace_number" fhir:"Task.focus (Claim).identifier"`
	TraceSystem  string             `json:"trace_system" fhir:"Task.focus (Claim).identifier.system" loss:"only needed where two requesters use one number"`
	AuthID       string             `json:"authorization_id" fhir:"Task.basedOn (ClaimResponse).identifier"`
	Source       string             `json:"source" fhir:"extension appeal: source" loss:"partner that sent the authorization; absent = the sender of this record"`
	Item         int64              `json:"item" fhir:"extension appeal: item" loss:"absent and 0 are the same: the whole request"`
	Determined   Date               `json:"determined_on" need:"yes" fhir:"extension appeal: determined-on"`
	Filed        Instant            `json:"filed_at" need:"yes" fhir:"Task.authoredOn"`
	FiledBy      string             `json:"filed_by" need:"yes" code:"appeal_filer" fhir:"extension appeal: filed-by"`
	Filer        string             `json:"filer_name" personal:"yes" fhir:"Task.requester.display"`
	Consent      bool               `json:"written_consent" fhir:"extension appeal: written-consent"`
	How          string             `json:"filed_how" code:"appeal_way" fhir:"extension appeal: filed-how"`
	Expedited    bool               `json:"expedited" fhir:"Task.priority (stat, routine)"`
	Acknowledged Instant            `json:"acknowledged_at" fhir:"extension appeal: acknowledged-at"`
	ExtendDays   int64              `json:"extend_days" fhir:"extension appeal: extend-days" loss:"absent and 0 are the same: not extended"`
	ExtendWhy    string             `json:"extend_reason" personal:"yes" fhir:"extension appeal: extend-reason"`
	Hearing      Date               `json:"hearing_on" fhir:"extension appeal: hearing-on"`
	Decided      Instant            `json:"decided_at" fhir:"Task.executionPeriod.end"`
	Outcome      string             `json:"outcome" code:"appeal_outcome" fhir:"Task.businessStatus; Task.status follows"`
	Reason       string             `json:"reason" personal:"yes" fhir:"Task.statusReason.text"`
	Reviewer     string             `json:"reviewer" personal:"yes" fhir:"extension reviewer: name"`
	Credential   string             `json:"credential" fhir:"extension reviewer: credential"`
	Continued    *ContinuedBenefits `json:"continued" csv:"continued" fhir:"extension continued-benefits"`
	Received     Instant            `json:"received_at" fhir:"extension received-at"`
}

// ContinuedBenefits says whether services go on at the old level while the appeal
// is open (42 CFR 438.420).
type ContinuedBenefits struct {
	Status string `json:"status" need:"yes" code:"continued_status" fhir:"extension continued-benefits: status"`
	Asked  Date   `json:"asked_on" need:"yes" fhir:"extension continued-benefits: asked-on"`
	From   Date   `json:"from" need:"yes" fhir:"extension continued-benefits: from" loss:"the first day of the cut"`
	Until  Date   `json:"until" fhir:"extension continued-benefits: until" loss:"absent = to the outcome or the withdrawal"`
}

// Name is "appeal".
func (*Appeal) Name() string { return "appeal" }

// ID is the appeal's id.
func (a *Appeal) ID() string { return a.AppealID }

// Fill has nothing to add.
func (*Appeal) Fill() {}

// Check wants an outcome with its moment, a reason for every extension, consent
// where a provider files, and a continuation that names what goes on.
func (a *Appeal) Check() fhir.Issues {
	var c checks
	c.linked(a.Trace, a.TraceSystem, a.AuthID, a.Item)
	if (a.Outcome == "") != (a.Decided == "") {
		c.bad("outcome", "half an outcome", "outcome and decided_at, or neither", "send both or none")
	}
	if a.Decided != "" && a.Decided.Stamp() < a.Filed.Stamp() {
		c.bad("decided_at", "a moment before the filing", "a moment after filed_at", "correct one of the two")
	}
	if a.ExtendDays < 0 || (a.ExtendDays > 0) != (a.ExtendWhy != "") {
		c.bad("extend_days", strconv.FormatInt(a.ExtendDays, 10), "a number of calendar days with extend_reason, or neither (42 CFR 438.408(c))", "say how many days, and why they are in the child's interest")
	}
	if a.FiledBy == "provider" && !a.Consent {
		c.bad("written_consent", "a provider's appeal without it", "true: a provider files with the family's written consent (42 CFR 438.402(c)(1)(ii))", "get the consent, or let the family file")
	}
	if a.Continued != nil {
		a.continued(&c)
	}
	return c.issues
}

func (a *Appeal) continued(c *checks) {
	if a.FiledBy == "provider" {
		c.bad("continued", "a provider that asks for continued benefits", "a request of the family or its representative (42 CFR 438.402(c)(1)(ii))", "let the family ask")
	}
	if a.AuthID == "" {
		c.bad("authorization_id", "nothing", "the number of the authorization that continues", "add authorization_id")
	}
	c.period("continued.until", a.Continued.From, a.Continued.Until)
}
