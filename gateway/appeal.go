package gateway

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline/throughline/ledger"
)

// About names the request, the authorization or the item that a notice or an
// appeal is about: by the requester's trace number, the payer's number, or both.
type About struct {
	Trace  Identifier
	Number string
	Item   int // 0 = all of it
}

// Of says whether it is about an item of a request; item 0 asks about any.
func (b *About) Of(a *Authorization, item int) bool {
	if b.Item != 0 && item != 0 && b.Item != item {
		return false
	}
	if b.Trace.Value != "" {
		return slices.ContainsFunc(a.Revisions, func(r Revision) bool { return b.Trace.named(r.Trace) })
	}
	if i := a.Item(item); i != nil && b.Item == 0 && len(a.Items) > 1 {
		return slices.ContainsFunc(i.Answers, func(ans ItemAnswer) bool { return ans.Number == b.Number })
	}
	return slices.Contains(a.Numbers(), b.Number)
}

// SentNotice is a notice of an adverse decision that went out (42 CFR 438.404).
type SentNotice struct {
	Partner    PartnerID
	ID         string
	Person     string // key of the child
	About      About
	Action     string // code of adverse_action: denied, reduced, ...
	Sent       time.Time
	Determined ledger.Day
	Effective  ledger.Day // NoDay = not a cut of what runs
	Exception  string     // code of advance_exception
	Reason     string
	Reviewer   string
	Credential string
}

// Missing says whether it lacks what a notice has to say: the specific reason, who
// decided, and by which qualification (42 CFR 438.404(b)(2), 438.210(b)(3)).
func (n *SentNotice) Missing() bool { return n.Reason == "" || n.Reviewer == "" || n.Credential == "" }

// Appeal is an appeal to the plan, a fair hearing or an external review, as the
// best word on it says.
type Appeal struct {
	Partner      PartnerID
	ID           string
	Person       string // key of the child
	Decider      bool   // the payer or the state says it
	Level        string // PlanAppeal, FairHearing, ExternalReview
	Prior        string // id of the appeal before it
	About        About
	Determined   ledger.Day // of the decision that is appealed
	Filed        time.Time
	FiledBy      string
	Expedited    bool
	Acknowledged time.Time
	ExtendDays   int
	Hearing      ledger.Day // NoDay = none is set
	Resolved     time.Time  // zero = open
	Outcome      string
	Continued    *Continuation
	Known        int64 // order of arrival
}

// Continuation is the request that benefits go on meanwhile (42 CFR 438.420).
type Continuation struct {
	Status string // asked, granted, refused
	Asked  ledger.Day
	From   ledger.Day
	Until  ledger.Day // NoDay = to the outcome
}

// The levels of appeals.
const (
	PlanAppeal     = "plan-appeal"
	FairHearing    = "fair-hearing"
	ExternalReview = "external-review"
)

// The outcomes of appeals.
const (
	Upheld           = "upheld"
	Overturned       = "overturned"
	PartlyOverturned = "partly-overturned"
	AppealWithdrawn  = "withdrawn"
	AppealDismissed  = "dismissed"
)

// Reverses says whether the outcome gives the family something.
func (a *Appeal) Reverses() bool { return a.Outcome == Overturned || a.Outcome == PartlyOverturned }

// Open says whether it waits for its outcome.
func (a *Appeal) Open() bool { return a.Resolved.IsZero() }

// Filings are the notices and appeals of children, as records say.
type Filings struct {
	Notices []SentNotice
	Appeals []Appeal
}

// Merge makes one of what several partners say about one appeal of a child: the
// word of who decides before others', the later before the earlier; whoever filed
// first says when. The order is by filing, then id.
func (f *Filings) Merge() {
	slices.SortStableFunc(f.Appeals, func(a, b Appeal) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID), decidersFirst(&a, &b), cmp.Compare(b.Known, a.Known))
	})
	var out []Appeal
	for _, a := range f.Appeals {
		if last := len(out) - 1; last >= 0 && out[last].Person == a.Person && out[last].Level == a.Level && out[last].ID == a.ID {
			if a.Filed.Before(out[last].Filed) {
				out[last].Filed = a.Filed
			}
			continue
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Appeal) int { return cmp.Or(a.Filed.Compare(b.Filed), cmp.Compare(a.ID, b.ID)) })
	f.Appeals = out
	slices.SortStableFunc(f.Notices, func(a, b SentNotice) int { return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.ID, b.ID)) })
}

func decidersFirst(a, b *Appeal) int {
	switch {
	case a.Decider == b.Decider:
		return 0
	case a.Decider:
		return -1
	}
	return 1
}

// Of are the filings about one request.
func (f *Filings) Of(a *Authorization) (out Filings) {
	for i := range f.Notices {
		if f.Notices[i].About.Of(a, 0) {
			out.Notices = append(out.Notices, f.Notices[i])
		}
	}
	for i := range f.Appeals {
		if f.Appeals[i].About.Of(a, 0) {
			out.Appeals = append(out.Appeals, f.Appeals[i])
		}
	}
	return out
}

// same says whether two are one appeal of a child.
func (a *Appeal) same(b *Appeal) bool { return a.ID == b.ID && a.Level == b.Level }

// before is the appeal that a hearing follows: the one it names, else the plan's
// about the same decision; nil when none is known.
func (f *Filings) before(a *Appeal) *Appeal {
	for i := range f.Appeals {
		if b := &f.Appeals[i]; !b.same(a) && (b.ID == a.Prior || a.Prior == "" && b.Level == PlanAppeal && a.Level != PlanAppeal && b.Determined == a.Determined) {
			return b
		}
	}
	return nil
}

// after is the hearing that follows an appeal; nil when none was asked for.
func (f *Filings) after(a *Appeal) *Appeal {
	for i := range f.Appeals {
		b := &f.Appeals[i]
		if b.Level != FairHearing || b.same(a) {
			continue
		}
		if plan := f.before(b); plan != nil && plan.same(a) {
			return b
		}
	}
	return nil
}

// StepLook is what a look at the steps of a request found.
type StepLook struct {
	Filed int64 // commit that brought the newest notice or appeal that was seen
	Steps []Notice
}
