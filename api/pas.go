package api

import (
	"context"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// Authorizations is the store as the operations of Da Vinci PAS need it.
type Authorizations interface {
	// AuthorizationOf is the authorization that a submission is about, as it stands.
	AuthorizationOf(ctx context.Context, m gateway.MessageID) (*gateway.Authorization, error)
	// AnswerSubmission fixes the version that a submission is answered with, and returns it.
	AnswerSubmission(ctx context.Context, m gateway.MessageID) (*gateway.Authorization, error)
	// Submitted is the Bundle of a submission.
	Submitted(ctx context.Context, m gateway.MessageID) ([]byte, error)
	FindAuthorizations(ctx context.Context, c gateway.Caller, q gateway.AuthQuestion) ([]gateway.Authorization, error)
	// Tracked are the caller's own requests to a payer that a tracking number leads to.
	Tracked(ctx context.Context, c gateway.Caller, payer gateway.PartnerID, tracking gateway.Identifier) ([]gateway.Authorization, error)
	// Keyed is the message of a partner under a key on a channel, empty when there is none.
	Keyed(ctx context.Context, partner gateway.PartnerID, channel, key string) (gateway.MessageID, error)
	Requests(ctx context.Context, c gateway.Caller, s gateway.AuthState, p gateway.Paging) ([]gateway.Authorization, string, error)
}

// Listener gives the hints that wake whoever waits.
type Listener interface {
	Listen(ctx context.Context) <-chan string
}

// pasOperations is the base of the operations' definitions.
const pasOperations = "http://hl7.org/fhir/us/davinci-pas/OperationDefinition/"

// pasVersion is the version of the guide that the partner speaks.
func pasVersion(c *call) string {
	if v := c.who.Partner.PAS.Version; v != "" {
		return v
	}
	return pas.V201
}

// onlyOn refuses an operation on another type than its own.
func (a *API) onlyOn(typ string, do handler) handler {
	return func(ctx context.Context, c *call) (*reply, error) {
		if c.typ != typ || a.Authorizations == nil || a.Subscriptions == nil {
			return nil, noSuchPath()
		}
		return do(ctx, c)
	}
}

// responseURL is where the ClaimResponse of an authorization is read.
func (a *API) responseURL(auth *gateway.Authorization) string {
	return a.Base + "/fhir/" + auth.Response
}
