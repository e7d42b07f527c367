package tofhir

import (
	"net/url"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
)

// referralAnswer moves the Task of a referral that the sender has received: a
// patch of the one that it may see under that id. The machine of
// gateway/referral.go judges the move at the commit; what is not said stays.
func (k *maker) referralAnswer(a *record.ReferralAnswer) {
	output := fhir.List{}
	if a.Outcome != "" {
		output = fhir.List{fhir.Obj("type", concept(sdoh, "additional-content"), "valueMarkdown", a.Outcome)}
	}
	key := k.key("referral_answer", a.ReferralID)
	k.put(gateway.Patch, key, fhir.Obj("resourceType", "Task",
		"status", a.Status,
		"statusReason", fhir.Obj("text", a.Reason),
		"intent", "order",
		"executionPeriod", period("", a.Date),
		"lastModified", string(a.Updated),
		"output", output))
	if len(k.out.Changes) == 0 {
		return
	}
	where, issues := search.ParseIfNoneExist("Task", "identifier="+url.QueryEscape(search.Escape(a.ReferralID)))
	k.out.Issues = append(k.out.Issues, issues...)
	c := &k.out.Changes[0]
	c.Key, c.Where, c.Once = gateway.Identifier{}, where, []string{"intent"}
}
