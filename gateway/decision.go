package gateway

import (
	"slices"
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
)

// Decision is what a payer says about a request, whatever wire it came by.
type Decision struct {
	Trace    Identifier // of the submission that is answered; an empty system fits any
	Revision int        // 1-based, where the payer says it; 0 = the newest of that trace
	At       time.Time  // when it was decided
	Items    []DecidedItem
	Added    []DecidedItem // services beyond what was asked
	Errors   []AuthError
	Asks     []InfoRequest // what the payer wants to know first
	Whole    *ItemAnswer   // for all items that have no answer of their own
	Change   int           // 1-based change of the message that says it, which it stands for; 0 = none
	Must     bool          // an unknown request is an error, not another payer record
	Seen     int64         // version of the authorization that was looked at; another one is a conflict; 0 = any
	Extended *Extension    // more time that the payer takes
}

// DecidedItem is an answer with the item it answers: the one that has this trace
// number, else the one of this sequence.
type DecidedItem struct {
	Sequence int
	Trace    Identifier  // X12 TRN02 of the service, echoed; an empty system fits any
	Service  AuthService // of an added item
	ItemAnswer
}

// Decide is what an authorization becomes by a decision on its revision (1-based).
// The result is the same whatever the order in which decisions arrive and however
// often; changed is false when the decision adds nothing.
func Decide(a *Authorization, d *Decision, revision int) (next *Authorization, changed bool, err error) {
	if issues := a.undecidable(d); len(issues) > 0 {
		return nil, false, &Fault{Op: "decide", Code: Invalid, Issues: issues}
	}
	next = a.clone()
	answered := map[int]bool{}
	for _, item := range d.Items {
		to := next.decided(&item)
		answered[to.Sequence] = true
		changed = to.answer(item.ItemAnswer, d.At, revision) || changed
	}
	for i := range next.Items {
		if d.Whole != nil && !answered[next.Items[i].Sequence] {
			changed = next.Items[i].answer(*d.Whole, d.At, revision) || changed
		}
	}
	for _, item := range d.Added {
		changed = next.add(item, d.At, revision) || changed
	}
	for _, ask := range d.Asks {
		changed = next.wonder(ask, d.At, revision) || changed
	}
	r := &next.Revisions[revision-1]
	if len(d.Errors) > 0 && d.At.After(r.ErrorAt) {
		r.Errors, r.ErrorAt, changed = d.Errors, d.At, true
	}
	if d.Extended != nil && (r.Extended == nil || d.Extended.At.After(r.Extended.At)) {
		r.Extended, changed = d.Extended, true
	}
	if changed && d.Seen != 0 && d.Seen != a.Version {
		return nil, false, decidedMeanwhile(a.Version)
	}
	next.Updated = next.since()
	return next, changed, nil
}

// undecidable lists answers to items that the request does not have.
func (a *Authorization) undecidable(d *Decision) (issues fhir.Issues) {
	for _, item := range d.Items {
		if a.decided(&item) == nil {
			issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: "ClaimResponse.item", Found: "an answer to item " + strconv.Itoa(item.Sequence),
				Allowed: "the items of the request", Fix: "echo the sequence of an item; what is given beyond them is an addItem"})
		}
	}
	return append(issues, a.capDenials(d)...)
}

// decided is the item that an answer is about. A payer may answer in another
// order than it was asked; a trace number that several items share says nothing.
func (a *Authorization) decided(d *DecidedItem) *AuthItem {
	var found *AuthItem
	for i := range a.Items {
		if d.Trace.Value == "" || !d.Trace.named(a.Items[i].Trace) {
			continue
		}
		if found != nil {
			return a.Item(d.Sequence)
		}
		found = &a.Items[i]
	}
	if found != nil {
		return found
	}
	return a.Item(d.Sequence)
}

// answer adds one answer at its place; one that is there already adds nothing.
func (i *AuthItem) answer(a ItemAnswer, at time.Time, revision int) bool {
	a.At, a.Revision = at, revision
	n, found := slices.BinarySearchFunc(i.Answers, a, func(x, y ItemAnswer) int { return x.Compare(&y) })
	if found {
		return false
	}
	i.Answers = slices.Insert(i.Answers, n, a)
	return true
}

// add answers a service that was not asked; the same code and modifiers are the
// same item.
func (a *Authorization) add(item DecidedItem, at time.Time, revision int) bool {
	for i := range a.Added {
		if s := &a.Added[i].Asked; s.Code.Code == item.Service.Code.Code && slices.Equal(s.Modifiers, item.Service.Modifiers) {
			return a.Added[i].answer(item.ItemAnswer, at, revision)
		}
	}
	added := AuthItem{Asked: AuthService{Code: item.Service.Code, Modifiers: item.Service.Modifiers}}
	added.answer(item.ItemAnswer, at, revision)
	n, _ := slices.BinarySearchFunc(a.Added, added, func(x, y AuthItem) int { return compareAdded(&x, &y) })
	a.Added = slices.Insert(a.Added, n, added)
	return true
}

func compareAdded(x, y *AuthItem) int {
	if c := slices.Compare([]string{x.Asked.Code.Code}, []string{y.Asked.Code.Code}); c != 0 {
		return c
	}
	return slices.Compare(x.Asked.Modifiers, y.Asked.Modifiers)
}

// RevisionOf is the number of the revision that a decision answers: the newest
// of its trace, or the one it names. 0 when there is none.
func (a *Authorization) RevisionOf(d *Decision) int {
	if d.Revision > 0 {
		if d.Revision > len(a.Revisions) {
			return 0
		}
		return d.Revision
	}
	for i := len(a.Revisions) - 1; i >= 0; i-- {
		if t := a.Revisions[i].Trace; t.Value == d.Trace.Value && (d.Trace.System == "" || t.System == d.Trace.System) {
			return i + 1
		}
	}
	return 0
}
