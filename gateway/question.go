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

// Fits says whether an authorization of the member answers the question, and
// may be shown: to who requested it, to its payer, and to another who names the
// member and the provider it was requested for.
func (q *AuthQuestion) Fits(caller PartnerID, a *Authorization) bool {
	if caller != a.Requester && caller != a.Payer && (!meet(q.Members, a.MemberIDs) || !meet(q.Provider, a.Provider)) {
		return false
	}
	if len(q.Traces) > 0 && !slices.ContainsFunc(a.Revisions, func(r Revision) bool { return slices.ContainsFunc(q.Traces, r.Trace.named) }) && len(q.Numbers) == 0 {
		return false
	}
	if len(q.Numbers) > 0 && !slices.ContainsFunc(a.Numbers(), func(n string) bool { return slices.Contains(q.Numbers, n) }) {
		return false
	}
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
