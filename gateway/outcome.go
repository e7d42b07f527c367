package gateway

import (
	"slices"
	"time"
)

// RevisionOutcome is what a submission came to, over all its items.
type RevisionOutcome string

// Approved: every item was certified as asked. Partly: something was cut, or
// some items were denied. Denied: every item was. Undecided: nothing that can be
// counted: withdrawn, or no action required.
const (
	OutcomeApproved  RevisionOutcome = "approved"
	OutcomePartly    RevisionOutcome = "partly"
	OutcomeDenied    RevisionOutcome = "denied"
	OutcomeUndecided RevisionOutcome = "undecided"
)

// Outcome is what a submission (1-based) had come to at a moment.
func (a *Authorization) Outcome(revision int, at time.Time) RevisionOutcome {
	approved, denied, cut := 0, 0, 0
	for i := range a.Items {
		switch a.Items[i].actionAt(revision, at) {
		case Certified:
			approved++
		case NotCertified:
			denied++
		case Modified, CertifiedIn:
			cut++
		}
	}
	switch all := approved + denied + cut; {
	case all == 0:
		return OutcomeUndecided
	case approved == all:
		return OutcomeApproved
	case denied == all:
		return OutcomeDenied
	}
	return OutcomePartly
}

// actionAt is the last word that decides the item of a submission, up to a moment.
func (i *AuthItem) actionAt(revision int, at time.Time) (action string) {
	for n := range i.Answers {
		ans := &i.Answers[n]
		if ans.Decides() && !ans.At.After(at) && (ans.Revision == revision || i.Revision == revision && ans.Revision > revision) {
			action = ans.Action
		}
	}
	return action
}

// FirstPended is when a submission was first pended; zero when it never was.
func (a *Authorization) FirstPended(revision int) (first time.Time) {
	for i := range a.Items {
		for _, ans := range a.Items[i].Answers {
			if ans.Revision == revision && !ans.Decides() && (first.IsZero() || ans.At.Before(first)) {
				first = ans.At
			}
		}
	}
	return first
}

// Appeals says whether a submission appeals an earlier decision: X12 1322 code 1
// (immediate) or 2 (standard) on one of its items.
func (a *Authorization) Appeals(revision int) bool {
	return slices.ContainsFunc(a.Items, func(i AuthItem) bool {
		return i.Revision == revision && (i.Certification == "1" || i.Certification == "2")
	})
}

// Withdraws says whether a submission only takes back what was asked.
func (a *Authorization) Withdraws(revision int) bool {
	found := false
	for i := range a.Items {
		if item := &a.Items[i]; item.Revision == revision {
			if !item.Cancelled {
				return false
			}
			found = true
		}
	}
	return found
}

// EverCut says whether the payer has ever given less than was asked.
func (a *Authorization) EverCut() bool {
	return slices.ContainsFunc(a.Items, func(i AuthItem) bool {
		return slices.ContainsFunc(i.Answers, func(x ItemAnswer) bool { return Cuts(x.Action) })
	})
}

// FirstAnswers are the first answer to an item as a submission asked it, and the
// first that decides it; nil where there is none.
func (i *AuthItem) FirstAnswers(revision int) (first, decided *ItemAnswer) {
	for n := range i.Answers {
		a := &i.Answers[n]
		if first == nil && a.Revision == revision {
			first = a
		}
		if first != nil && decided == nil && a.Decides() {
			decided = a
		}
	}
	return first, decided
}
