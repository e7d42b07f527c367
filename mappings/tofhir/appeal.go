package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// appeal makes a Task whose focus is the request that was denied or cut, and what
// the ledger needs to let services go on meanwhile.
func (k *maker) appeal(a *record.Appeal) {
	k.onlyDeciders(a)
	key := k.key("appeal", a.AppealID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Task",
		"extension", fhir.List{appealDetail(a), continuedBenefits(a.Continued), reviewer(a.Reviewer, a.Credential), ext("received-at", "valueDateTime", string(a.Received))},
		"identifier", fhir.List{identifier(key)},
		"basedOn", fhir.List{k.granted(a.AuthID)},
		"partOf", fhir.List{k.earlier("Task", "appeal", a.PriorID)},
		"status", appealStatus(a),
		"statusReason", fhir.Obj("text", a.Reason),
		"businessStatus", coded("appeal_outcome", a.Outcome),
		"intent", "order",
		"priority", map[bool]string{true: "stat", false: "routine"}[a.Expedited],
		"code", coded("appeal_level", a.Level),
		"focus", k.asked(a.TraceSystem, a.Trace),
		"for", k.subject,
		"executionPeriod", period("", a.Decided),
		"authoredOn", string(a.Filed),
		"requester", fhir.Obj("display", a.Filer),
		"reasonReference", k.earlier("Communication", "adverse_notice", a.NoticeID)))
	if c := a.Continued; c != nil {
		k.out.Facts.Auths = append(k.out.Facts.Auths, gateway.AuthFact{Member: k.member, Auth: k.continuation(a)})
	}
}

// earlier names another record of the sender by its id.
func (k *maker) earlier(typ, name, id string) fhir.Object {
	if id == "" {
		return fhir.Object{}
	}
	return logical(typ, k.key(name, id), "")
}

// appealStatus is where the Task stands: it follows from the record.
func appealStatus(a *record.Appeal) string {
	switch {
	case a.Outcome == "withdrawn":
		return "cancelled"
	case a.Outcome != "":
		return "completed"
	case a.Acknowledged != "":
		return "in-progress"
	}
	return "requested"
}

func appealDetail(a *record.Appeal) fhir.Object {
	consent := fhir.Object{}
	if a.Consent {
		consent = fhir.Obj("url", "written-consent", "valueBoolean", true)
	}
	return nested(codes.Extensions+"appeal", number("item", a.Item), part("source", "valueString", a.Source), part("determined-on", "valueDate", string(a.Determined)),
		part("filed-by", "valueCode", a.FiledBy), consent, part("filed-how", "valueCode", a.How), part("acknowledged-at", "valueDateTime", string(a.Acknowledged)),
		number("extend-days", a.ExtendDays), part("extend-reason", "valueString", a.ExtendWhy), part("hearing-on", "valueDate", string(a.Hearing)))
}

func continuedBenefits(c *record.ContinuedBenefits) fhir.Object {
	if c == nil {
		return fhir.Object{}
	}
	return nested(codes.Extensions+"continued-benefits", part("status", "valueCode", c.Status), part("asked-on", "valueDate", string(c.Asked)),
		part("from", "valueDate", string(c.From)), part("until", "valueDate", string(c.Until)))
}

// onlyDeciders refuses what only the payer or the state can say about an appeal:
// who files one may say that, and that it is withdrawn.
func (k *maker) onlyDeciders(a *record.Appeal) {
	if k.partner.MayDecide("") || a.Acknowledged == "" && a.ExtendDays == 0 && (a.Outcome == "" || a.Outcome == "withdrawn") && (a.Continued == nil || a.Continued.Status == "asked") {
		return
	}
	k.out.Issues = append(k.out.Issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: "outcome", Found: "an acknowledgement, extension, outcome or grant from a partner that does not decide on appeals",
		Allowed: "these from the payer or the state; from others the filing, a request to continue benefits, and outcome withdrawn", Fix: "leave them out"})
}

// continuation is the authorization that an appeal keeps alive, as a version of
// an authorization of its own: the law takes the old level from the versions of
// the one that it continues (docs/ledger.md, "Continued benefits").
func (k *maker) continuation(a *record.Appeal) ledger.Auth {
	c := a.Continued
	out := ledger.Auth{Partner: string(k.partner.ID), ID: ledger.ContinuationID(a.AuthID, a.AppealID), Continues: ledger.AuthKey{Partner: string(k.partner.ID), ID: a.AuthID},
		Level: a.Determined.Day() - 1, Start: startDay(c.From), End: endDay(c.Until), Status: ledger.Cancelled, Received: a.Received.Stamp()}
	if a.Source != "" {
		out.Continues.Partner = a.Source
	}
	if c.Until == "" && a.Decided != "" {
		out.End = a.Decided.Date().Day()
	}
	switch c.Status {
	case "granted":
		out.Status = ledger.Approved
	case "asked":
		out.Status = ledger.Pended
	}
	return out
}
