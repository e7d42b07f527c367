package gateway

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// Submission is a request for prior authorization, or an update of one, as a
// mapping reads it out of a message.
type Submission struct {
	Payer     PartnerID // filled by the gateway: who answers for Insurer
	Insurer   []Identifier
	Provider  []Identifier
	Member    Identifier
	MemberIDs []Identifier
	Born      string // birth date of the child
	Patient   string // FullURL of the Patient in the message
	Claim     string // FullURL of the Claim
	Trace     Identifier
	Bundle    Identifier
	Urgent    bool
	Update    bool   // changes an earlier request
	CancelAll bool   // certificationType 3 on the Claim
	Prior     *Prior // the request it changes; nil: the one of the same trace
	Informs   bool   // supporting information was added, changed or withdrawn
	Attached  *Attached
	Items     []AskedItem
	Start     string // first and last date of service
	End       string
}

// Prior names an earlier request.
type Prior struct {
	Trace Identifier
	Claim string // the sender's own URL of the Claim
}

// AskedItem is one item of a submission.
type AskedItem struct {
	AuthItem
	Changed string // infoChanged: added, changed; empty = as it was
	Path    string // where it stands, for issues
}

// Revise is what a submission makes of an authorization: a new one without a
// prior, else its next revision. An error means that nothing changes; it names
// the rule of Da Vinci PAS.
func Revise(prior *Authorization, s *Submission, m *Message) (*Authorization, error) {
	rev := Revision{Message: m.ID, Trace: s.Trace, Bundle: s.Bundle, Claim: s.Claim, At: m.Received, Urgent: s.Urgent, Attached: s.Attached}
	if prior == nil {
		return begin(s, m, rev)
	}
	if issues := refusals(prior, s, m); len(issues) > 0 {
		return nil, &Fault{Op: "pas", Code: Invalid, Issues: issues}
	}
	next := prior.clone()
	next.Revisions = append(next.Revisions, rev)
	next.Updated, next.Claim, next.Patient = m.Received, s.Claim, s.Patient
	next.Born = cmp.Or(s.Born, prior.Born)
	number := len(next.Revisions)
	changed := s.Informs
	for _, asked := range s.Items {
		changed = next.ask(asked, number) || changed
	}
	if s.CancelAll {
		for i := range next.Items {
			changed = next.Items[i].withdraw(number) || changed
		}
	}
	if !changed {
		return nil, Faultf("pas", Invalid, fhir.Issue{Code: "business-rule", Path: "Claim.item", Found: "an update that changes nothing",
			Allowed: "at least one item or supporting information with infoChanged, or a cancellation of one that is not cancelled yet", Fix: "mark what changed, or send nothing"})
	}
	return next, nil
}

// begin is the first revision.
func begin(s *Submission, m *Message, rev Revision) (*Authorization, error) {
	if s.Update || s.CancelAll {
		return nil, unknownPrior()
	}
	a := &Authorization{Requester: m.Partner, Payer: s.Payer, Member: s.Member, MemberIDs: s.MemberIDs, Provider: s.Provider, Insurer: s.Insurer,
		Born: s.Born, Patient: s.Patient, Claim: s.Claim, Revisions: []Revision{rev}, Created: m.Received, Updated: m.Received}
	for _, asked := range s.Items {
		asked.Revision = 1
		a.Items = append(a.Items, asked.AuthItem)
	}
	return a, nil
}

func unknownPrior() error {
	return Faultf("pas", Invalid, fhir.Issue{Code: "not-found", Path: "Claim.related", Found: "an update of a request that is not known",
		Allowed: "a request that your organization has sent before", Fix: "name the prior Claim as it was sent, or send a new request"})
}

// refusals are the reasons of PAS not to take an update.
func refusals(prior *Authorization, s *Submission, m *Message) (issues fhir.Issues) {
	bad := func(path, found, allowed, fix string) {
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: path, Found: found, Allowed: allowed, Fix: fix})
	}
	switch prior.State() {
	case AuthDenied:
		bad("Claim.related", "an update of a request that was denied", "updates of requests that are open or certified", "send a new request, or appeal")
	case AuthCancelled:
		bad("Claim.related", "an update of a request that is cancelled", "updates of requests that are open or certified", "send a new request")
	}
	switch {
	case prior.Requester != m.Partner:
		return fhir.Issues{{Severity: fhir.Error, Code: "not-found", Path: "Claim.related", Found: "an update of a request that is not known", Fix: "check the prior Claim"}}
	case prior.Payer != s.Payer:
		bad("Claim.insurer", "another payer than the request has", "the payer of the request", "send a new request to the other payer")
	case !meet(prior.MemberIDs, s.MemberIDs):
		bad("Claim.patient", "another member than the request is about", "the member of the request", "send a new request")
	}
	if len(issues) > 0 || s.CancelAll {
		return issues
	}
	return append(issues, prior.itemRefusals(s)...)
}

// itemRefusals checks that an update keeps all items and says what changed.
func (a *Authorization) itemRefusals(s *Submission) (issues fhir.Issues) {
	bad := func(path, found, allowed, fix string) {
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: path, Found: found, Allowed: allowed, Fix: fix})
	}
	sent := map[int]bool{}
	for i := range s.Items {
		asked := &s.Items[i]
		sent[asked.Sequence] = true
		old := a.Item(asked.Sequence)
		switch {
		case old == nil && asked.Changed != "added":
			bad(asked.Path, "a new item that is not marked", "infoChanged added on items the request did not have", "add the extension")
		case old == nil && asked.Cancelled:
			bad(asked.Path, "a new item that is cancelled", "cancellations of items the request has", "leave the item out")
		case old == nil:
		case asked.Changed == "added":
			bad(asked.Path, "an item marked added that the request has already", "a sequence of its own for each item", "use the next free sequence")
		case old.Cancelled && !asked.Cancelled:
			bad(asked.Path, "an item that was cancelled, now without its mark", "infoCancelled on it, for good", "ask for it again as a new item")
		case !asked.Cancelled && asked.Changed == "" && !asked.Asked.Same(&old.Asked):
			bad(asked.Path, "an item that differs from the request and is not marked", "infoChanged changed on what changed", "add the extension")
		}
	}
	for i := range a.Items {
		if !sent[a.Items[i].Sequence] {
			bad("Claim.item", "an update without item "+strconv.Itoa(a.Items[i].Sequence), "all items of the request, each with its sequence", "send all items; cancel those that are not wanted")
		}
	}
	return issues
}

// ask lays an item of a revision over what was asked before.
func (a *Authorization) ask(asked AskedItem, revision int) (changed bool) {
	old := a.Item(asked.Sequence)
	switch {
	case old == nil:
		asked.Revision = revision
		a.Items = append(a.Items, asked.AuthItem)
		slices.SortFunc(a.Items, func(x, y AuthItem) int { return cmp.Compare(x.Sequence, y.Sequence) })
		return true
	case asked.Cancelled:
		return old.withdraw(revision)
	case asked.Changed == "":
		return false
	}
	old.Asked, old.Certification, old.Revision, old.EPSDT = asked.Asked, asked.Certification, revision, asked.EPSDT
	return true
}

// withdraw marks an item as cancelled by its requester.
func (i *AuthItem) withdraw(revision int) bool {
	if i.Cancelled {
		return false
	}
	i.Cancelled, i.Certification, i.Revision = true, "3", revision
	return true
}

// meet says whether two lists share an identifier, by value.
func meet(a, b []Identifier) bool {
	return slices.ContainsFunc(a, func(x Identifier) bool {
		return slices.ContainsFunc(b, func(y Identifier) bool { return x.Value == y.Value })
	})
}
