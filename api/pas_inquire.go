package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/pas"
)

// inquire is POST /fhir/Claim/$inquire: what stands on a member's requests, with
// what is left of their units as of now
// (http://hl7.org/fhir/us/davinci-pas/OperationDefinition/Claim-inquiry). What is
// absent and what is another's are the same answer.
func (a *API) inquire(ctx context.Context, c *call) (*reply, error) {
	q, issues := pas.Question(c.body, c.who.Partner)
	if q == nil {
		return nil, &gateway.Fault{Op: "pas", Code: gateway.Invalid, Issues: issues}
	}
	found, err := a.findAuthorizations(ctx, c, q)
	if err != nil {
		return nil, err
	}
	version := pasVersion(c)
	answers := make([]fhir.Object, 0, len(found))
	shown := make([]string, 0, len(found))
	for i := range found {
		one, err := a.inquired(ctx, c, &found[i], version)
		if err != nil {
			return nil, err
		}
		answers, shown = append(answers, one), append(shown, found[i].Response)
	}
	if err := a.audit(ctx, c, "", access.Event{Shown: shown}); err != nil {
		return nil, err
	}
	if len(answers) == 0 && version == pas.V201 {
		return nil, gateway.Faultf("pas", gateway.NotFound, issue("not-found", "Claim", "a question that no authorization you may see answers",
			"your own requests; those of others by their member id and provider", "check the member id, the provider and the number"))
	}
	return &reply{status: http.StatusOK, body: pas.Inquired(answers, version)}, nil
}

// findAuthorizations asks for the authorization number first, or for the trace
// number where none is given, and then for less: a request may state the number
// of what it follows, and some senders give an inquiry a trace number of its own.
func (a *API) findAuthorizations(ctx context.Context, c *call, q *pas.Inquiry) ([]gateway.Authorization, error) {
	var payers []gateway.PartnerID
	if a.Payers != nil {
		payers = a.Payers(q.Insurer)
	}
	if len(payers) != 1 {
		return nil, nil
	}
	q.Payer = payers[0]
	found, err := a.Authorizations.FindAuthorizations(ctx, c.caller(), q.AuthQuestion)
	if err != nil || len(found) > 0 || len(q.Traces) == 0 {
		return found, err
	}
	if len(q.Numbers) > 0 {
		q.Numbers = nil
	} else {
		q.Traces = nil
	}
	return a.Authorizations.FindAuthorizations(ctx, c.caller(), q.AuthQuestion)
}

func (a *API) inquired(ctx context.Context, c *call, auth *gateway.Authorization, version string) (fhir.Object, error) {
	sent, err := a.submitted(ctx, auth)
	if err != nil {
		return fhir.Object{}, err
	}
	own := c.who.Partner.ID == auth.Requester || c.who.Partner.ID == auth.Payer
	left, err := a.unitsLeft(ctx, c, auth)
	if err != nil {
		return fhir.Object{}, err
	}
	return pas.InquiryAnswer(auth, sent, a.responseURL(auth), version, own, left), nil
}

// unitsLeft is what the ledger says of the authorization's numbers today, for a
// caller who may see the child's ledger.
func (a *API) unitsLeft(ctx context.Context, c *call, auth *gateway.Authorization) (map[string]pas.Units, error) {
	numbers := auth.Numbers()
	if len(numbers) == 0 {
		return nil, nil
	}
	found, err := a.Cases.CaseOfAuth(ctx, c.caller(), ledger.AuthKey{Partner: string(auth.Payer), ID: numbers[len(numbers)-1]})
	if err != nil {
		if code := gateway.FaultOf(err).Code; code == gateway.NotFound || code == gateway.Mismatch {
			return nil, nil
		}
		return nil, err
	}
	s := a.settlers.Get().(*ledger.Settler)
	defer a.settlers.Put(s)
	left := map[string]pas.Units{}
	for _, use := range s.Settle(found, ledger.DayOf(a.Now().In(a.zone()))).Uses {
		if use.Auth.Partner == string(auth.Payer) {
			left[use.Auth.ID] = pas.Units{Approved: text(use.Approved()), Used: text(use.Used), Pending: text(use.Auth.Pending), Remaining: text(use.Remaining())}
		}
	}
	return left, nil
}

func text(n int64) string { return strconv.FormatInt(n, 10) }
