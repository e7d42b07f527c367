package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Appeal reads an appeal out of a Task of ours, or of one whose code is a level of
// appeal.
func Appeal(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Task", "appeal")
	if r == nil || ours("appeal_level", r.Get("code")) == "" {
		return nil, missing("Task")
	}
	detail, reviewer := ext(r.Root(), "appeal"), ext(r.Root(), "reviewer")
	out := &record.Appeal{AppealID: id(r, "appeal"), Level: ours("appeal_level", r.Get("code")), PriorID: named(first(r.Get("partOf"))), NoticeID: named(r.Get("reasonReference")),
		Trace: named(r.Get("focus")), TraceSystem: r.Get("focus", "identifier", "system").Text(), AuthID: named(first(r.Get("basedOn"))), Source: part(detail, "source"),
		Item: whole(value(extURL(detail, "item"))), Determined: record.Date(part(detail, "determined-on")), Filed: moment(r.Get("authoredOn")), FiledBy: part(detail, "filed-by"),
		Filer: display(r.Get("requester")), Consent: part(detail, "written-consent") == "true", How: part(detail, "filed-how"), Expedited: r.Get("priority").Text() == "stat",
		Acknowledged: record.Instant(part(detail, "acknowledged-at")), ExtendDays: whole(value(extURL(detail, "extend-days"))), ExtendWhy: part(detail, "extend-reason"),
		Hearing: record.Date(part(detail, "hearing-on")), Decided: moment(r.Get("executionPeriod", "end")), Outcome: ours("appeal_outcome", r.Get("businessStatus")),
		Reason: r.Get("statusReason", "text").Text(), Reviewer: part(reviewer, "name"), Credential: part(reviewer, "credential"), Received: moment(value(ext(r.Root(), "received-at")))}
	if c := ext(r.Root(), "continued-benefits"); c != nil {
		out.Continued = &record.ContinuedBenefits{Status: part(c, "status"), Asked: record.Date(part(c, "asked-on")), From: record.Date(part(c, "from")), Until: record.Date(part(c, "until"))}
	}
	out.Member, out.Person = s.child(r.Get("for"))
	return out, losses(s, keeps{"Patient": patient, "Task": "basedOn partOf status statusReason businessStatus intent priority code focus for executionPeriod authoredOn requester reasonReference"})
}
