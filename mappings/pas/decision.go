package pas

import (
	"slices"
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// Response maps the Bundle that a payer answers Claim/$submit with, or sends in
// a notification: the ClaimResponse is first, and answers a request we know.
func Response(m *gateway.Message, _ *gateway.Partner) (*gateway.Mapped, error) {
	r, issues := fhir.Parse(m.Body, fhir.Limits{})
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	found := responses(r)
	if len(found) == 0 && r.Get("type").Text() == "history" {
		return &gateway.Mapped{}, nil // a handshake or a heartbeat
	}
	if len(found) == 0 {
		return &gateway.Mapped{Issues: fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeInvariant, Path: "Bundle.entry", Found: "no ClaimResponse as the first entry",
			Allowed: "a Bundle whose first entry is the ClaimResponse", Fix: "answer as PAS says"}}}, nil
	}
	out := &gateway.Mapped{}
	for _, f := range found {
		asks, issues := f.infoRequests(f.answer)
		out.Issues = append(append(out.Issues, fhir.Validate(f.answer.Resource)...), issues...)
		out.Issues = append(out.Issues, unread(f.answer.Resource)...)
		d := DecisionOf(f.answer.Resource)
		d.Must, d.Asks = true, asks
		out.Decisions = append(out.Decisions, *d)
	}
	return out, nil
}

// reply is a ClaimResponse in its Bundle.
type reply struct {
	*bundle
	answer *fhir.Entry
}

// responses are the ClaimResponses that a Bundle is about: the first entry of a
// collection; those of a notification (history), directly or in the collections
// that are its foci.
func responses(r *fhir.Resource) (out []reply) {
	b := open(r)
	notification := r.Get("type").Text() == "history"
	for i := range b.entries {
		e := &b.entries[i]
		switch {
		case e.Resource == nil || i > 0 && !notification:
		case e.Resource.Type == "ClaimResponse":
			out = append(out, reply{b, e})
		case e.Resource.Type == "Bundle" && notification:
			inner, _ := fhir.Parse(e.Resource.Root().Raw(), fhir.Limits{})
			if inner != nil {
				out = append(out, responses(inner)...)
			}
		}
	}
	return out
}

// Decisions reads the decisions out of what any mapping made of a payer's
// message: each ClaimResponse on a prior authorization. Whether it answers a
// request that we know, the store finds out.
func Decisions(changes []gateway.Change) (out []gateway.Decision, issues fhir.Issues) {
	for i, c := range changes {
		if c.Resource == nil || c.Type != "ClaimResponse" || c.Resource.Get("use").Text() != "preauthorization" {
			continue
		}
		d := DecisionOf(c.Resource)
		d.Change = i + 1
		out, issues = append(out, *d), append(issues, unread(c.Resource)...)
	}
	return out, issues
}

// DecisionOf reads a ClaimResponse of either version into the one shape: an
// addItem that answers an item says what is authorised for it, and wins over
// itemAuthorizedDetail; one that answers none is the payer's own.
func DecisionOf(r *fhir.Resource) *gateway.Decision {
	d := &gateway.Decision{Trace: trace(r), At: moment(r.Get("created").Text())}
	extra := r.Get("addItem").Items()
	for _, item := range r.Get("item").Items() {
		n, err := strconv.Atoi(item.Get("itemSequence").Text())
		if err != nil {
			continue
		}
		a, ok := answerOf(r, item)
		if !ok {
			continue
		}
		if i := slices.IndexFunc(extra, func(e *fhir.Node) bool { return answersItem(e, n) }); i >= 0 {
			given := service(extra[i])
			a.Given = &given
			if own, ok := answerOf(r, extra[i]); ok && a.Number == "" {
				a.Number = own.Number
			}
			extra = slices.Delete(slices.Clone(extra), i, i+1)
		}
		d.Items = append(d.Items, gateway.DecidedItem{Sequence: n, Trace: identifierOf(ext(item, codes.PAS+"itemTraceNumber").Get("valueIdentifier")), ItemAnswer: a})
	}
	for _, e := range extra {
		if a, ok := answerOf(r, e); ok {
			s := service(e)
			a.Given = &s
			d.Added = append(d.Added, gateway.DecidedItem{Service: s, ItemAnswer: a})
		}
	}
	d.Errors = errorsOf(r)
	d.Whole = wholeOf(r, d)
	return d
}

// trace is the trace number of the request: the response echoes it.
func trace(r *fhir.Resource) gateway.Identifier {
	if id := identifierOf(r.Get("request", "identifier")); id.Value != "" {
		return id
	}
	return identifierOf(firstOf(r.Get("identifier")))
}

func answersItem(e *fhir.Node, sequence int) bool {
	return slices.ContainsFunc(e.Get("itemSequence").Items(), func(n *fhir.Node) bool { return n.Text() == strconv.Itoa(sequence) })
}

// answerOf reads the decision beside the adjudication of an item.
func answerOf(r *fhir.Resource, item *fhir.Node) (a gateway.ItemAnswer, ok bool) {
	for _, adjudication := range item.Get("adjudication").Items() {
		review := ext(adjudication, codes.PAS+"reviewAction")
		if review == nil {
			continue
		}
		a.Action = codeOf(ext(review, codes.PAS+"reviewActionCode").Get("valueCodeableConcept")).Code
		a.Number = ext(review, "number").Get("valueString").Text()
		for _, e := range review.Get("extension").Items() {
			if c := codeOf(e.Get("valueCodeableConcept")); e.Get("url").Text() == "reasonCode" && c.Code != "" {
				a.Reasons = append(a.Reasons, c)
			}
		}
	}
	if n := ext(item, codes.PAS+"authorizationNumber").Get("valueString").Text(); n != "" {
		a.Number = n
	}
	if a.Number == "" {
		a.Number = r.Get("preAuthRef").Text()
	}
	a.Admin = ext(item, codes.PAS+"administrationReferenceNumber").Get("valueString").Text()
	a.Issued = date(ext(item, codes.PAS+"itemPreAuthIssueDate").Get("valueDate"))
	period := ext(item, codes.PAS+"itemPreAuthPeriod").Get("valuePeriod")
	if period == nil {
		period = r.Get("preAuthPeriod")
	}
	a.Start, a.End = date(period.Get("start")), date(period.Get("end"))
	a.Given, a.Note = detail(item), notes(r, item)
	reviewer := ext(item, codes.Extensions+"reviewer")
	a.Reviewer, a.Credential = ext(reviewer, "name").Get("valueString").Text(), ext(reviewer, "credential").Get("valueString").Text()
	a.Reviewed = ext(ext(r.Root(), codes.PAS+"claimResponseReviewer"), "wasHumanReviewedFlag").Get("valueBoolean").Text() == "true"
	return a, knownAction(a.Action)
}

// detail is itemAuthorizedDetail, nil when there is none.
func detail(item *fhir.Node) *gateway.AuthService {
	d := ext(item, codes.PAS+"itemAuthorizedDetail")
	if d == nil {
		return nil
	}
	s := &gateway.AuthService{Code: codeOf(ext(d, "productOrServiceCode").Get("valueCodeableConcept"))}
	for _, e := range d.Get("extension").Items() {
		if c := codeOf(e.Get("valueCodeableConcept")).Code; e.Get("url").Text() == "modifier" && c != "" {
			s.Modifiers = append(s.Modifiers, c)
		}
	}
	s.Units, s.Unit = quantity(ext(d, "quantity").Get("valueQuantity"))
	return s
}

// notes are the payer's words on an item.
func notes(r *fhir.Resource, item *fhir.Node) (text string) {
	for _, number := range item.Get("noteNumber").Items() {
		for _, n := range r.Get("processNote").Items() {
			if n.Get("number").Text() == number.Text() {
				if text != "" {
					text += "\n"
				}
				text += n.Get("text").Text()
			}
		}
	}
	return text
}

// errorsOf are the reasons why nothing was processed; beside decided items they
// are remarks, and the items count.
func errorsOf(r *fhir.Resource) (out []gateway.AuthError) {
	if r.Get("outcome").Text() != "error" {
		return nil
	}
	for _, e := range r.Get("error").Items() {
		out = append(out, gateway.AuthError{Code: codeOf(e.Get("code")).Code, FollowUp: codeOf(ext(e, codes.PAS+"errorFollowupAction").Get("valueCodeableConcept")).Code,
			Element: ext(ext(e, codes.PAS+"errorElement"), "error").Get("valueString").Text(), Path: ext(e, codes.PAS+"errorPath").Get("valueString").Text()})
	}
	return out
}

// wholeOf is an answer that stands for all items: a review action on the whole
// response, or an outcome that only says that the payer is at work.
func wholeOf(r *fhir.Resource, d *gateway.Decision) *gateway.ItemAnswer {
	if a, ok := answerOf(r, r.Root()); ok {
		a.Given = nil
		return &a
	}
	if r.Get("outcome").Text() == "queued" && len(d.Items) == 0 {
		return &gateway.ItemAnswer{Action: gateway.PendedAction}
	}
	return nil
}

// moment reads a dateTime; a date is its first instant in UTC.
func moment(text string) time.Time {
	for _, form := range []string{time.RFC3339Nano, time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC().Truncate(time.Microsecond)
		}
	}
	return time.Time{}
}
