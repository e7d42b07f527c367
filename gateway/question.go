package gateway

import "slices"

// AuthQuestion asks what is authorized, as Claim/$inquire does.
type AuthQuestion struct {
	Payer    PartnerID
	Members  []Identifier
	Provider []Identifier
	Traces   []Identifier // trace numbers of the requests; empty = any
	Numbers  []string     // authorization numbers, old ones lead to the current state; empty = any
	Items    []AskedAbout // empty = any
}

// AskedAbout narrows a question to a service.
type AskedAbout struct {
	Code   string // empty = any (data-absent-reason not-applicable)
	Action string // X12 306; empty = any
	Start  string // the authorization's period has to meet it
	End    string
}

// Fits says whether an authorization has a service that the question is about.
// Whose it is, and which numbers it has, the store has seen to.
func (q *AuthQuestion) Fits(a *Authorization) bool {
	return len(q.Items) == 0 || slices.ContainsFunc(q.Items, func(i AskedAbout) bool { return slices.ContainsFunc(a.Items, i.fits) })
}

// named: an empty system fits any.
func (i Identifier) named(o Identifier) bool {
	return i.Value == o.Value && (i.System == "" || o.System == "" || i.System == o.System)
}

func (q AskedAbout) fits(i AuthItem) bool {
	return (q.Code == "" || q.Code == i.Asked.Code.Code || i.Standing() != nil && i.Standing().Given != nil && q.Code == i.Standing().Given.Code.Code) &&
		(q.Action == "" || q.Action == i.Action()) &&
		(q.Start == "" || i.Asked.End == "" || q.Start <= i.Asked.End) && (q.End == "" || i.Asked.Start == "" || i.Asked.Start <= q.End)
}
