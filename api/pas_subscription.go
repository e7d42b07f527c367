package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// Subscriptions is the store of topic-based subscriptions.
type Subscriptions interface {
	PutSubscription(ctx context.Context, s *gateway.Subscription) (*gateway.Subscription, error)
	Subscription(ctx context.Context, c gateway.Caller, id string) (*gateway.Subscription, error)
	Subscriptions(ctx context.Context, c gateway.Caller) ([]gateway.Subscription, error)
	DropSubscription(ctx context.Context, c gateway.Caller, id string) error
	Events(ctx context.Context, s *gateway.Subscription, from, to int64) ([]gateway.Notification, error)
}

// subscribing wraps a route of records: a Subscription to the topic of PAS is
// more than a record. Every other one goes on as it did.
func (a *API) subscribing(special, usual handler) handler {
	return func(ctx context.Context, c *call) (*reply, error) {
		if c.typ != "Subscription" || a.Subscriptions == nil {
			return usual(ctx, c)
		}
		out, err := special(ctx, c)
		if out == nil && err == nil {
			return usual(ctx, c)
		}
		return out, err
	}
}

// subscribe is POST and PUT of a Subscription; nil when it is none of PAS.
func (a *API) subscribe(ctx context.Context, c *call) (*reply, error) {
	r, _ := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if !pas.IsTopic(r) {
		return nil, nil
	}
	if kind := gateway.Kind("fhir/Subscription"); !c.who.Partner.MaySend(kind) {
		return nil, denied(kind)
	}
	issues := fhir.Validate(r)
	s, more := pas.Subscription(r, a.HookNetworks)
	if issues = append(issues, more...); issues.Errors() {
		return nil, &gateway.Fault{Op: "subscribe", Code: gateway.Invalid, Issues: issues}
	}
	s.Partner, s.ID = c.who.Partner.ID, c.id
	status := http.StatusCreated
	if c.id != "" {
		status = http.StatusOK
		if _, err := a.Subscriptions.Subscription(ctx, c.caller(), c.id); err != nil {
			return nil, err
		}
	}
	s, err := a.Subscriptions.PutSubscription(ctx, s)
	if err != nil {
		return nil, err
	}
	out := shownSubscription(s, status)
	out.location = a.location("Subscription", s.ID, s.Version)
	return out, nil
}

func shownSubscription(s *gateway.Subscription, status int) *reply {
	return &reply{status: status, etag: etag(s.Version), body: pas.Shown(s).JSON()}
}

// readSubscription is GET of one; nil when it is not one of PAS.
func (a *API) readSubscription(ctx context.Context, c *call) (*reply, error) {
	s, err := a.ownSubscription(ctx, c)
	if s == nil {
		return nil, err
	}
	return shownSubscription(s, http.StatusOK), nil
}

// listSubscriptions is GET of the type without parameters: all of the caller's.
func (a *API) listSubscriptions(ctx context.Context, c *call) (*reply, error) {
	if c.query != "" {
		return nil, nil
	}
	list, err := a.Subscriptions.Subscriptions(ctx, c.caller())
	if err != nil || len(list) == 0 {
		return nil, err
	}
	w := newBundle("searchset", len(list), 1000*len(list))
	for i := range list {
		w.entry()
		w.string("fullUrl", a.url("Subscription", list[i].ID))
		w.raw("resource", pas.Shown(&list[i]).JSON())
	}
	return &reply{status: http.StatusOK, body: w.done()}, nil
}

// unsubscribe is DELETE of one; nil when it is not one of PAS.
func (a *API) unsubscribe(ctx context.Context, c *call) (*reply, error) {
	s, err := a.ownSubscription(ctx, c)
	if s == nil {
		return nil, err
	}
	if err := a.Subscriptions.DropSubscription(ctx, c.caller(), s.ID); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusNoContent}, nil
}

// ownSubscription is the caller's subscription of the path; nil when there is none.
func (a *API) ownSubscription(ctx context.Context, c *call) (*gateway.Subscription, error) {
	s, err := a.Subscriptions.Subscription(ctx, c.caller(), c.id)
	if err != nil && gateway.FaultOf(err).Code == gateway.NotFound {
		return nil, nil
	}
	return s, err
}

// subscriptionStatus is $status of one subscription
// (http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status).
func (a *API) subscriptionStatus(ctx context.Context, c *call) (*reply, error) {
	s, err := a.Subscriptions.Subscription(ctx, c.caller(), c.id)
	if err != nil {
		return nil, err
	}
	b, issues := pas.StatusOf(s, a.Base, a.Now())
	if issues.Errors() {
		return nil, &gateway.Fault{Op: "subscription", Code: gateway.Internal, Issues: issues}
	}
	return &reply{status: http.StatusOK, body: b.JSON()}, nil
}

// maxEvents bounds one answer of $events.
const maxEvents = 100

// subscriptionEvents is $events: past events by number, so that a gap can be
// filled (http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events).
func (a *API) subscriptionEvents(ctx context.Context, c *call) (*reply, error) {
	s, err := a.Subscriptions.Subscription(ctx, c.caller(), c.id)
	if err != nil {
		return nil, err
	}
	from, to, err := eventRange(c, s.Events)
	if err != nil {
		return nil, err
	}
	events, err := a.Subscriptions.Events(ctx, s, from, min(to, from+maxEvents-1))
	if err != nil {
		return nil, err
	}
	b, issues := pas.Notified(s, gateway.QueryingPast, events, a.Base, pasVersion(c), a.Now())
	if issues.Errors() {
		return nil, &gateway.Fault{Op: "subscription", Code: gateway.Internal, Issues: issues}
	}
	if err := a.audit(ctx, c, "", access.Event{ID: s.ID}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: b.JSON()}, nil
}

// eventRange reads eventsSinceNumber and eventsUntilNumber, both inclusive, from
// the query or from Parameters.
func eventRange(c *call, newest int64) (from, to int64, err error) {
	values, err := c.values()
	if err != nil {
		return 0, 0, err
	}
	given := func(name string, fallback int64) int64 {
		text := values.Get(name)
		if r, _ := fhir.Parse(c.body, fhir.Limits{}); r != nil {
			for _, p := range r.Get("parameter").Items() {
				for choice, v := range p.Members() {
					if p.Get("name").Text() == name && strings.HasPrefix(choice, "value") {
						text = v.Text()
					}
				}
			}
		}
		if text == "" {
			return fallback
		}
		n, bad := strconv.ParseInt(text, 10, 64)
		if bad != nil || n < 0 {
			err = malformed(name, "no event number", "a number from 1", "use the numbers of the notifications")
		}
		return n
	}
	return max(given("eventsSinceNumber", 1), 1), given("eventsUntilNumber", newest), err
}
