package fhirin

import (
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// decisions reads the items of a ClaimResponse into authorizations, one shape
// for both ways of saying "modified" (standards.md 3.2): an addItem with the
// item's sequence holds what was authorised (PAS 2.2.1) and wins; without one
// the item's own itemAuthorizedDetail does (PAS 2.0.1). A fully certified item
// without either gives what was asked.
func (v *view) decisions(r, claim *fhir.Resource) []ledger.Auth {
	added := addItems(r)
	asked := requested(claim)
	items := r.Get("item").Items()
	var out []ledger.Auth
	for _, item := range items {
		number := item.Get("itemSequence").Text()
		a := v.authOf(r, claim, item, asked[number])
		review := reviewAction(item)
		detail := extension(item, codes.PAS+"itemAuthorizedDetail")
		if extra := added[number]; extra != nil {
			delete(added, number)
			readItem(&a, extra)
		} else if detail != nil {
			readDetail(&a, detail)
		}
		a.Status = statusOf(code(extension(review, codes.PAS+"reviewActionCode").Get("valueCodeableConcept")))
		if a.ID = v.idOfItem(r, item, review); a.Code == "" || review == nil {
			continue
		}
		if len(items) > 1 && a.ID == v.idOf(r) {
			a.ID += "#" + number
		}
		out = append(out, apart(a, number, out))
	}
	return append(out, v.beyond(r, claim)...)
}

// apart gives an item that shares its number with an earlier one an id of its own.
func apart(a ledger.Auth, sequence string, earlier []ledger.Auth) ledger.Auth {
	if slices.ContainsFunc(earlier, func(e ledger.Auth) bool { return e.ID == a.ID }) {
		a.ID += "#" + sequence
	}
	return a
}

// beyond are the services that the payer gave without being asked: addItems that
// answer no item.
func (v *view) beyond(r, claim *fhir.Resource) (out []ledger.Auth) {
	for _, extra := range r.Get("addItem").Items() {
		review := reviewAction(extra)
		if extra.Get("itemSequence") != nil || review == nil {
			continue
		}
		a := v.authOf(r, claim, extra, extra)
		a.Status = statusOf(code(extension(review, codes.PAS+"reviewActionCode").Get("valueCodeableConcept")))
		if a.ID = v.idOfItem(r, extra, review); a.ID == v.idOf(r) {
			a.ID += "#added" + strconv.Itoa(len(out)+1)
		}
		if a.Code != "" {
			out = append(out, a)
		}
	}
	return out
}

// addItems are the payer's own items by the sequence they answer.
func addItems(r *fhir.Resource) map[string]*fhir.Node {
	added := map[string]*fhir.Node{}
	for _, extra := range r.Get("addItem").Items() {
		for _, n := range extra.Get("itemSequence").Items() {
			added[n.Text()] = extra
		}
	}
	return added
}

// requested are the items of the Claim by their sequence.
func requested(claim *fhir.Resource) map[string]*fhir.Node {
	asked := map[string]*fhir.Node{}
	for _, item := range claim.Get("item").Items() {
		asked[item.Get("sequence").Text()] = item
	}
	return asked
}

// authOf starts from what was asked, and lays the decision's period and cap
// over it.
func (v *view) authOf(r, claim *fhir.Resource, item, asked *fhir.Node) ledger.Auth {
	a := ledger.Auth{Partner: string(v.partner.ID), Start: ledger.NoDay, End: ledger.Forever, Provider: v.requestor(r, claim).Value,
		Payer:   v.payer(r.Get("insurer")),
		Program: extension(r.Root(), codes.Extensions+"program").Get("valueIdentifier", "value").Text()}
	readItem(&a, asked)
	if p := extension(item, codes.PAS+"itemPreAuthPeriod").Get("valuePeriod"); p != nil {
		a.Start, a.End = ends(p)
	} else if p := r.Get("preAuthPeriod"); p != nil {
		a.Start, a.End = ends(p)
	}
	if limit := extension(item, codes.Extensions+"authorization-cap"); limit != nil {
		a.CapPeriod = ledger.CapPeriod(extension(limit, "period").Get("valueCode").Text())
		a.CapUnits = whole(extension(limit, "units").Get("valueInteger"))
	}
	if count := extension(item, codes.Extensions+"authorization-count"); count != nil {
		if to := day(extension(count, "to").Get("valueDate")); to != ledger.NoDay {
			a.Counted, a.CountedTo = whole(extension(count, "units").Get("valueInteger")), to
		}
	}
	return a
}

// readItem reads an item of a Claim or an addItem.
func readItem(a *ledger.Auth, item *fhir.Node) {
	if item == nil {
		return
	}
	if c := code(item.Get("productOrService")); c != "" {
		a.Code = c
	}
	if m := modifiers(item); m != "" {
		a.Modifiers = m
	}
	if q := item.Get("quantity"); q != nil {
		a.Units, a.Unit = whole(q.Get("value")), Unit(q)
	}
	if p := item.Get("servicedPeriod"); p != nil {
		a.Start, a.End = ends(p)
	} else if d := item.Get("servicedDate"); d != nil {
		a.Start, a.End = day(d), day(d)
	}
}

// readDetail reads itemAuthorizedDetail.
func readDetail(a *ledger.Auth, detail *fhir.Node) {
	if c := code(extension(detail, "productOrServiceCode").Get("valueCodeableConcept")); c != "" {
		a.Code = c
	}
	if q := extension(detail, "quantity").Get("valueQuantity"); q != nil {
		a.Units, a.Unit = whole(q.Get("value")), Unit(q)
	}
}

// Unit is the unit of a quantity; the plain unit of X12 (355 UN) is none.
func Unit(q *fhir.Node) string {
	if q.Get("code").Text() == "UN" && q.Get("system").Text() == codes.X12+"355" {
		return ""
	}
	return q.Get("unit").Text()
}

// Decided projects a ClaimResponse beside the Claim it answers, whatever message
// either came in: the partner is the payer.
func Decided(p *gateway.Partner, answer, claim *fhir.Resource) *gateway.Mapped {
	v := newView(p, nil)
	v.known[answer.Get("request", "reference").Text()] = claim
	v.claimResponse(answer)
	return &gateway.Mapped{Facts: v.facts, Relations: v.relations, Issues: v.issues}
}

// reviewAction is the decision beside the adjudication of an item.
func reviewAction(item *fhir.Node) *fhir.Node {
	for _, adjudication := range item.Get("adjudication").Items() {
		if review := extension(adjudication, codes.PAS+"reviewAction"); review != nil {
			return review
		}
	}
	return nil
}

// idOfItem is the authorization number of an item: its own, that of the
// decision, or the response's identifier.
func (v *view) idOfItem(r *fhir.Resource, item, review *fhir.Node) string {
	for _, id := range []string{
		extension(item, codes.PAS+"authorizationNumber").Get("valueString").Text(),
		extension(review, "number").Get("valueString").Text(),
		r.Get("preAuthRef").Text(),
	} {
		if id != "" {
			return id
		}
	}
	return v.idOf(r)
}

// whole is a quantity in whole units; a fraction of a unit authorises nothing.
func whole(n *fhir.Node) int64 {
	d, err := ledger.ParseDecimal(n.Text())
	if err != nil {
		return 0
	}
	for ; d.Scale > 0; d.Scale-- {
		d.Coef /= 10
	}
	return d.Coef
}
