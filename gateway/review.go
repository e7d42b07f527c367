package gateway

import (
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// Review is what a person of the payer decides at the work queue. The gateway
// adds nothing to it: it goes through the door as a decision of the payer.
type Review struct {
	Authorization string
	Seen          int64 // version that was looked at
	At            time.Time
	Reviewer      string
	Credential    string
	ExtendDays    int // further calendar days the payer takes, with ExtendWhy
	ExtendWhy     string
	Items         []ItemReview
}

// ItemReview decides one item.
type ItemReview struct {
	Sequence   int
	Action     string // X12 306
	Number     string // authorization number
	Units      string // exact decimal; empty = as asked
	Unit       string
	Start, End string // YYYY-MM-DD; empty = as asked
	Basis      string // what a denial or cut rests on (codes, table denial_basis)
	ReasonCode string // X12 886
	Reason     string // in words
}

// Check says what is missing from a review. A denial or a cut names its
// reviewer, the credential and a specific reason as code and in words (42 CFR
// 438.210(b)(3), 438.404(b)(2)); asking for more says what is wanted.
func (r *Review) Check(a *Authorization) fhir.Issues {
	var c reviewing
	if len(r.Items) == 0 {
		c.need("items", "no decision on any item", "a decision on at least one item")
	}
	if (r.ExtendDays > 0) != (r.ExtendWhy != "") || r.ExtendDays < 0 {
		c.need("extend_days", "half an extension", "a number of days and why they are in the child's interest, or neither")
	}
	for i := range r.Items {
		c.item(r, &r.Items[i], a)
	}
	return c.issues
}

type reviewing struct{ issues fhir.Issues }

func (c *reviewing) need(path, found, allowed string) {
	c.issues = append(c.issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: path, Found: found, Allowed: allowed, Fix: "complete it; nothing was decided"})
}

func (c *reviewing) item(r *Review, i *ItemReview, a *Authorization) {
	path := "items[" + strconv.Itoa(i.Sequence) + "]"
	item := a.Item(i.Sequence)
	if item == nil {
		c.need(path, "an item the request does not have", "the items of the request")
		return
	}
	if item.Cancelled && i.Action != CancelledBy {
		c.need(path, "a decision on an item that its requester has withdrawn", "C, which confirms it")
	}
	switch {
	case i.Action == "":
		c.need(path+".action", "no action", "A1, A6, A3, A4")
	case Cuts(i.Action):
		c.cut(path, r, i)
	case i.Action == PendedAction && i.Reason == "":
		c.need(path+".reason", "nothing", "what information is wanted, or why it waits")
	}
	if i.Units != "" {
		if d, err := ledger.ParseDecimal(i.Units); err != nil || d.Coef <= 0 {
			c.need(path+".units", strconv.Quote(i.Units), "a quantity above 0")
		}
	}
	if i.Action == Modified && i.Units == "" && i.Start == "" && i.End == "" {
		c.need(path+".units", "nothing that is modified", "the units or the period that are authorised")
	}
}

func (c *reviewing) cut(path string, r *Review, i *ItemReview) {
	for _, f := range []struct{ name, value, allowed string }{
		{"reviewer", r.Reviewer, "the name of the person who decides"},
		{"credential", r.Credential, "the credential of the reviewer, such as LCSW or MD"},
		{path + ".reason", i.Reason, "a specific reason in words"},
		{path + ".basis", i.Basis, "the code of what it rests on, such as not-necessary"},
	} {
		if f.value == "" {
			c.need(f.name, "nothing", f.allowed)
		}
	}
}
