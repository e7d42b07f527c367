package gateway

import (
	"slices"

	"github.com/throughline/throughline/fhir"
)

// Attached marks a revision that only brings what the payer wanted to know
// (Da Vinci CDex $submit-attachment).
type Attached struct {
	Tracking Identifier `json:"tracking"`       // number of what it answers: the payer's request for more, or the authorization's own
	More     bool       `json:"more,omitempty"` // more attachments are to come: nothing is answered yet
}

// Numbers are the tracking numbers of what the payer wants to know.
func (i *InfoRequest) Numbers() (out []Identifier) {
	r, _ := fhir.Parse([]byte(i.Doc), fhir.Limits{})
	if r == nil {
		return nil // it was read when it came
	}
	for _, n := range r.Get("identifier").Items() {
		if v := n.Get("value").Text(); v != "" {
			out = append(out, Identifier{System: n.Get("system").Text(), Value: v})
		}
	}
	return out
}

// Open is what the payer still wants to know, until everything is decided. An
// update answers all that was asked before it; attachments under the number of
// one request answer that one.
func (a *Authorization) Open() (out []InfoRequest) {
	if a.State() != AuthWaiting {
		return nil
	}
	for i := range a.Asks {
		if !slices.ContainsFunc(a.Revisions[min(a.Asks[i].Revision, len(a.Revisions)):], func(r Revision) bool { return a.answers(r.Attached, &a.Asks[i]) }) {
			out = append(out, a.Asks[i])
		}
	}
	return out
}

// answers says whether a later revision answers what was asked.
func (a *Authorization) answers(by *Attached, ask *InfoRequest) bool {
	if by == nil {
		return true
	}
	if by.More {
		return false
	}
	if slices.ContainsFunc(ask.Numbers(), by.Tracking.named) {
		return true
	}
	return !slices.ContainsFunc(a.Asks, func(i InfoRequest) bool { return slices.ContainsFunc(i.Numbers(), by.Tracking.named) })
}
