package gateway

import (
	"cmp"
	"slices"
	"time"
)

// InfoRequest is what a payer wants to know before it decides: a
// CommunicationRequest or a Task (attachment-request-code,
// attachment-request-questionnaire), as Da Vinci PAS and CDex have it.
type InfoRequest struct {
	Revision int       `json:"revision"`    // of the request that it asks about, 1-based
	At       time.Time `json:"at,omitzero"` // when it was first asked
	Type     string    `json:"type"`        // CommunicationRequest or Task
	Doc      string    `json:"doc"`         // the resource as the payer sent it, its references to the parts of the request by the names below
}

// What an InfoRequest calls the parts of the request it is about.
const (
	InfoPatient  = "urn:throughline:info:patient"
	InfoClaim    = "urn:throughline:info:claim"
	InfoResponse = "urn:throughline:info:response"
	InfoInsurer  = "urn:throughline:info:insurer"
	InfoProvider = "urn:throughline:info:provider"
)

// Compare orders what is asked so that any order of arrival ends in the same one.
func (i *InfoRequest) Compare(o *InfoRequest) int {
	return cmp.Or(cmp.Compare(i.Revision, o.Revision), cmp.Compare(i.Type, o.Type), cmp.Compare(i.Doc, o.Doc))
}

// wonder adds what the payer wants to know about a revision; what was asked
// before adds nothing.
func (a *Authorization) wonder(i InfoRequest, at time.Time, revision int) bool {
	i.Revision, i.At = revision, at
	n, found := slices.BinarySearchFunc(a.Asks, i, func(x, y InfoRequest) int { return x.Compare(&y) })
	switch {
	case found && !at.Before(a.Asks[n].At):
		return false
	case found:
		a.Asks = slices.Clone(a.Asks)
		a.Asks[n].At = at
	default:
		a.Asks = slices.Insert(slices.Clone(a.Asks), n, i)
	}
	return true
}
