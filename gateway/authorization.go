package gateway

import (
	"cmp"
	"slices"
	"time"
)

// Authorization is one prior authorization as it stands: what a requester asked
// of a payer, revision by revision, and everything the payer has said about each
// item. It is the one shape that the PAS server, the PAS client, X12 278 and the
// decision records share. What is in force follows from it (AuthItem.Standing);
// nothing here is decided by the gateway itself.
type Authorization struct {
	ID        string        `json:"id"`      // ours
	Version   int64         `json:"version"` // raised by every change
	Requester PartnerID     `json:"requester"`
	Payer     PartnerID     `json:"payer"`
	Member    Identifier    `json:"member"`
	MemberIDs []Identifier  `json:"member_ids,omitempty"` // every id by which the request names the child
	Provider  []Identifier  `json:"provider,omitempty"`   // of the requesting provider
	Insurer   []Identifier  `json:"insurer,omitempty"`
	Born      string        `json:"born,omitempty"`     // birth date of the child, YYYY-MM-DD
	Patient   string        `json:"patient"`            // reference in the store
	Claim     string        `json:"claim"`              // reference of the newest Claim in the store
	Response  string        `json:"response,omitempty"` // reference of its ClaimResponse in the store
	Revisions []Revision    `json:"revisions"`
	Items     []AuthItem    `json:"items"`           // by sequence
	Added     []AuthItem    `json:"added,omitempty"` // what the payer gave beyond what was asked
	Asks      []InfoRequest `json:"asks,omitempty"`  // what the payer wants to know, in the order of Compare
	Created   time.Time     `json:"created"`
	Updated   time.Time     `json:"updated"` // of the newest revision, or answer that changed what stands
}

// Revision is one submission: the first is the request, the others update it.
type Revision struct {
	Message  MessageID   `json:"message"`
	Trace    Identifier  `json:"trace"` // Claim.identifier, X12 TRN02
	Bundle   Identifier  `json:"bundle"`
	Claim    string      `json:"claim"` // the sender's own URL of the Claim
	At       time.Time   `json:"at"`
	Urgent   bool        `json:"urgent,omitempty"`
	Errors   []AuthError `json:"errors,omitempty"` // why the payer could not process it
	ErrorAt  time.Time   `json:"error_at,omitzero"`
	Extended *Extension  `json:"extended,omitempty"` // by the payer, of its time to decide
	Attached *Attached   `json:"attached,omitempty"` // it brings attachments, and asks for nothing else
}

// Extension is more time that a payer takes to decide (42 CFR 438.210(d)(1)(ii)).
type Extension struct {
	At     time.Time `json:"at"`
	Days   int       `json:"days"` // calendar days beyond the rule's
	Reason string    `json:"reason"`
}

// Coded is a code with its system.
type Coded struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// AuthService is a service as it is asked or authorised.
type AuthService struct {
	Code      Coded    `json:"code"`
	Modifiers []string `json:"modifiers,omitempty"`
	Units     string   `json:"units,omitempty"` // exact decimal; empty = not stated
	Unit      string   `json:"unit,omitempty"`
	Start     string   `json:"start,omitempty"` // dates, YYYY-MM-DD, both inclusive
	End       string   `json:"end,omitempty"`
}

// Same says whether two services are the same in all that can be decided on.
func (s *AuthService) Same(o *AuthService) bool {
	return s.Code.Code == o.Code.Code && slices.Equal(s.Modifiers, o.Modifiers) && s.Units == o.Units && s.Unit == o.Unit && s.Start == o.Start && s.End == o.End
}

// AuthItem is one line of a request.
type AuthItem struct {
	Sequence      int          `json:"sequence"` // 0: the payer's own item
	Trace         Identifier   `json:"trace,omitzero"`
	Certification string       `json:"certification,omitempty"` // X12 1322: I, R, S, 3 cancel, 4 extension ...
	Asked         AuthService  `json:"asked"`
	Cancelled     bool         `json:"cancelled,omitempty"` // the requester has withdrawn it
	EPSDT         bool         `json:"epsdt,omitempty"`     // asked under EPSDT (42 USC 1396d(r)): X12 SV111, PAS epsdtIndicator
	Revision      int          `json:"revision"`            // 1-based number of the revision that asked it last
	Answers       []ItemAnswer `json:"answers,omitempty"`   // all there are, in the order of Compare
}

// ItemAnswer is one word of the payer on one item.
type ItemAnswer struct {
	Revision int          `json:"revision"`
	At       time.Time    `json:"at"`     // when it was decided, as the payer says
	Action   string       `json:"action"` // X12 306: A1 A2 A3 A4 A6 C CT NA
	Reasons  []Coded      `json:"reasons,omitempty"`
	Number   string       `json:"number,omitempty"` // authorization number
	Admin    string       `json:"admin,omitempty"`  // administrative reference number (REF*NT)
	Issued   string       `json:"issued,omitempty"`
	Start    string       `json:"start,omitempty"` // period in which it may be used
	End      string       `json:"end,omitempty"`
	Given    *AuthService `json:"given,omitempty"` // what is authorised, where it is not what was asked
	Note     string       `json:"note,omitempty"`
	Reviewed bool         `json:"reviewed,omitempty"` // by a person, says the payer

	Reviewer   string `json:"reviewer,omitempty"`   // who decided (42 CFR 438.210(b)(3))
	Credential string `json:"credential,omitempty"` // and by which qualification
}

// AuthError is a processing error of the payer (X12 901 code and 889 action).
type AuthError struct {
	Code     string `json:"code"`
	FollowUp string `json:"follow_up,omitempty"`
	Element  string `json:"element,omitempty"` // X12 loop and element
	Path     string `json:"path,omitempty"`    // FHIRPath
}

// The review actions of X12 306 as Da Vinci PAS names them.
const (
	Certified    = "A1"
	CertifiedIn  = "A2" // partly
	NotCertified = "A3"
	PendedAction = "A4"
	Modified     = "A6"
	CancelledBy  = "C"
	ContactPayer = "CT"
	NoAction     = "NA"
)

// Compare orders answers so that any order of arrival ends in the same one: by
// revision, by the time of the decision, by content.
func (a *ItemAnswer) Compare(b *ItemAnswer) int {
	return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.At.Compare(b.At), cmp.Compare(a.content(), b.content()))
}

// content is the answer as text that orders the same everywhere.
func (a *ItemAnswer) content() string {
	out := a.Action + "\x00" + a.Number + "\x00" + a.Admin + "\x00" + a.Issued + "\x00" + a.Start + "\x00" + a.End + "\x00" + a.Note
	if g := a.Given; g != nil {
		out += "\x00" + g.Code.Code + "\x00" + g.Units + "\x00" + g.Unit + "\x00" + g.Start + "\x00" + g.End
		for _, m := range g.Modifiers {
			out += " " + m
		}
	}
	for _, r := range a.Reasons {
		out += "\x00" + r.Code
	}
	if a.Reviewer != "" || a.Credential != "" {
		out += "\x00" + a.Reviewer + "\x00" + a.Credential
	}
	return out
}

// Standing is the answer in force: the latest of those to the revision that
// asked the item last, or to a later one; nil while there is none.
func (i *AuthItem) Standing() *ItemAnswer {
	if n := len(i.Answers); n > 0 && i.Answers[n-1].Revision >= i.Revision {
		return &i.Answers[n-1]
	}
	return nil
}

// Action is the review action in force; A4, pended, while the payer has said
// nothing on what was asked last.
func (i *AuthItem) Action() string {
	if a := i.Standing(); a != nil {
		return a.Action
	}
	return PendedAction
}

// AuthState is the state of a whole authorization, derived from its items.
type AuthState string

// Waiting: something is not decided yet. Cancelled and Denied: every item is.
const (
	AuthWaiting   AuthState = "waiting"
	AuthDecided   AuthState = "decided"
	AuthDenied    AuthState = "denied"
	AuthCancelled AuthState = "cancelled"
)

// State derives the state from the answers in force.
func (a *Authorization) State() AuthState {
	denied, cancelled := 0, 0
	for i := range a.Items {
		switch a.Items[i].Action() {
		case PendedAction, ContactPayer:
			if a.Errors() != nil {
				continue
			}
			return AuthWaiting
		case NotCertified:
			denied++
		case CancelledBy:
			cancelled++
		}
	}
	switch len(a.Items) {
	case cancelled:
		return AuthCancelled
	case denied, denied + cancelled:
		return AuthDenied
	}
	return AuthDecided
}

// Latest is the newest revision.
func (a *Authorization) Latest() *Revision { return &a.Revisions[len(a.Revisions)-1] }

// Errors are the payer's processing errors on the newest revision; nil when an
// item of it was answered after all.
func (a *Authorization) Errors() []AuthError {
	last := a.Latest()
	for i := range a.Items {
		if s := a.Items[i].Standing(); s != nil && s.Revision == len(a.Revisions) && s.At.After(last.ErrorAt) {
			return nil
		}
	}
	return last.Errors
}

// Item finds an item by its sequence, nil when there is none.
func (a *Authorization) Item(sequence int) *AuthItem {
	for i := range a.Items {
		if a.Items[i].Sequence == sequence {
			return &a.Items[i]
		}
	}
	return nil
}

// Numbers are all authorization numbers the payer has given, old ones too.
func (a *Authorization) Numbers() []string {
	var out []string
	for _, items := range [][]AuthItem{a.Items, a.Added} {
		for i := range items {
			for _, ans := range items[i].Answers {
				if ans.Number != "" && !slices.Contains(out, ans.Number) {
					out = append(out, ans.Number)
				}
			}
		}
	}
	return out
}

// clone is a copy that shares nothing that is changed by Revise and Decide.
func (a *Authorization) clone() *Authorization {
	out := *a
	out.Revisions = slices.Clone(a.Revisions)
	out.Items, out.Added = slices.Clone(a.Items), slices.Clone(a.Added)
	for _, items := range [][]AuthItem{out.Items, out.Added} {
		for i := range items {
			items[i].Answers = slices.Clone(items[i].Answers)
		}
	}
	return &out
}

// Heard says whether the payer has answered the submission of a message: with a
// word on every item that it asked, or with an error. A later submission
// supersedes it.
func (a *Authorization) Heard(m MessageID) bool {
	if a.Latest().Message != m || a.Errors() != nil {
		return true
	}
	return !slices.ContainsFunc(a.Items, func(i AuthItem) bool { return i.Standing() == nil })
}
