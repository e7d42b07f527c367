package api

import (
	"context"
	"net/http"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// submitKind is the message of Claim/$submit.
const submitKind gateway.Kind = "fhir/pas-submit"

// submit is POST /fhir/Claim/$submit: the request is in the ledger of messages
// and on its way to the payer before anything is answered. What the payer says in
// time is the answer; else it is that the request is pended
// (http://hl7.org/fhir/us/davinci-pas/OperationDefinition/Claim-submit).
func (a *API) submit(ctx context.Context, c *call) (*reply, error) {
	if !c.who.Partner.MaySend(submitKind) {
		return nil, denied(submitKind)
	}
	r, err := a.Gateway.Receive(ctx, &gateway.Message{Partner: c.who.Partner.ID, Channel: doorFHIR, Kind: submitKind, Key: pas.Key(c.body), Body: c.body},
		func(r *gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: http.StatusOK} })
	if err != nil {
		return nil, err
	}
	if r.State == gateway.Held {
		return replyOf(&gateway.Receipt{Message: r.Message, Answer: heldAnswer(r)}), nil
	}
	if err := a.awaitDecision(ctx, r.Message.ID); err != nil {
		return nil, err
	}
	auth, err := a.Authorizations.AnswerSubmission(ctx, r.Message.ID)
	if err != nil {
		return nil, err
	}
	body, err := a.bundleOf(ctx, auth, pasVersion(c))
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: body, repeat: r.Repeat, message: r.Message.ID}, nil
}

// notified takes a notification of a payer's PAS server in, or an answer it
// gives later: the ClaimResponses in it are its decisions.
func (a *API) notified(ctx context.Context, c *call) (*reply, error) {
	const kind gateway.Kind = "fhir/pas-response"
	if !c.who.Partner.MaySend(kind) {
		return nil, denied(kind)
	}
	r, err := a.Gateway.Receive(ctx, &gateway.Message{Partner: c.who.Partner.ID, Channel: doorFHIR, Kind: kind, Key: contentKey(c.body), Body: c.body},
		func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: http.StatusOK} })
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, repeat: r.Repeat, message: r.Message.ID, body: noteOutcome("The answer is taken in as message %s.", r.Message.ID)}, nil
}

// bundleOf is the response Bundle of an authorization.
func (a *API) bundleOf(ctx context.Context, auth *gateway.Authorization, version string) ([]byte, error) {
	sent, err := a.submitted(ctx, auth)
	if err != nil {
		return nil, err
	}
	return pas.Answer(auth, sent, a.responseURL(auth), version).JSON(), nil
}

// submitted is the newest request Bundle of an authorization.
func (a *API) submitted(ctx context.Context, auth *gateway.Authorization) (*fhir.Resource, error) {
	body, err := a.Authorizations.Submitted(ctx, auth.Latest().Message)
	if err != nil {
		return nil, err
	}
	sent, issues := fhir.Parse(body, fhir.Limits{Bytes: a.MaxBody})
	if sent == nil {
		return nil, &gateway.Fault{Op: "pas", Code: gateway.Internal, Issues: issues}
	}
	return sent, nil
}

// lookAgain is how often a waiting submission looks without a hint: hints may be
// lost.
const lookAgain = time.Second

// awaitDecision waits until the payer has said something on every item, as long
// as a submission may take. A request that was answered before waits no more.
func (a *API) awaitDecision(ctx context.Context, m gateway.MessageID) error {
	ctx, cancel := context.WithTimeout(ctx, a.DecisionWait)
	defer cancel()
	var hints <-chan string
	if a.Hints != nil {
		hints = a.Hints.Listen(ctx) // before the first look, so that nothing falls between
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		auth, err := a.Authorizations.AuthorizationOf(context.WithoutCancel(ctx), m)
		if err != nil || auth.Heard(m) {
			return err
		}
		topic := gateway.TopicAuthorization(auth.ID)
		if !awaitHint(ctx, hints, tick.C, topic) {
			return nil
		}
	}
}

// awaitHint waits for a hint of the topic or the next look; false when time is up.
func awaitHint(ctx context.Context, hints <-chan string, tick <-chan time.Time, topic string) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick:
			return true
		case t, ok := <-hints:
			if !ok {
				hints = nil // ctx ends in a moment
			}
			if t == topic {
				return true
			}
		}
	}
}
