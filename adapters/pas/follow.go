package pas

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// Waiting is the store as a follower needs it.
type Waiting interface {
	// DueInquiries are requests to ask the payer about; who gets one has it for so long.
	DueInquiries(ctx context.Context, payer gateway.PartnerID, every time.Duration, limit int) ([]gateway.Authorization, error)
	Submitted(ctx context.Context, m gateway.MessageID) ([]byte, error)
	// Place and Keep are for the id of our subscription.
	Place(ctx context.Context, p gateway.PartnerID, feed string) (string, error)
	Keep(ctx context.Context, p gateway.PartnerID, feed, place string) error
}

// Follower learns what becomes of the requests that a payer has pended: by a
// subscription at its PAS server where the profile wants one and the server's
// metadata offers it, else by Claim/$inquire at a sparse interval: the guide asks
// clients not to poll. It is a Service. What it has asked and where it has
// subscribed is in the store, so a restart neither asks again nor subscribes
// twice.
type Follower struct {
	Payer         *gateway.Partner
	Store         Waiting
	Leases        gateway.Leases
	Receive       gateway.Receiver
	Base          string   // our public URL, without a path
	Organizations []string // identifiers of those for whom we ask
	Token         string   // what the payer shows when it notifies us
	Allow         []netip.Prefix
	Holder        string        // name of this instance
	Look          time.Duration // how often to look; 0 = 5 min
	Log           *slog.Logger
}

const (
	subscriptionFeed = "pas-subscription"
	inquiries        = 20   // at one look
	allInquiries     = 1000 // after a subscription was lost
	followLease      = 10 * time.Minute
	catchUp          = " missed" // what a lost subscription would have told has not been asked for yet
)

// sparse is how long a pended request is left alone when the profile says
// nothing.
const sparse = 6 * time.Hour

// Run looks until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	tick := time.NewTicker(cmp.Or(f.Look, 5*time.Minute))
	defer tick.Stop()
	for {
		if err := f.Once(ctx); err != nil && ctx.Err() == nil {
			f.Log.Warn("follow", "op", "pas", "partner", f.Payer.ID, "code", gateway.FaultOf(err).Code)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once sees to the subscription and asks about what is due.
func (f *Follower) Once(ctx context.Context) error {
	ours, err := f.Leases.Lease(ctx, "pas-follow:"+string(f.Payer.ID), f.Holder, followLease)
	if err != nil || !ours {
		return err
	}
	client, err := guard.New(f.Payer.Deliver.URL, guard.Options{Timeout: f.Payer.Deliver.Timeout, Allow: f.Allow})
	if err != nil {
		return err
	}
	defer client.Close()
	told, missed := "", false
	if f.Payer.PAS.Subscribe {
		if told, missed, err = f.subscribe(ctx, client); err != nil {
			return err
		}
	}
	every := f.Payer.PAS.InquireEvery
	switch {
	case missed:
		if err := f.inquire(ctx, client, 0, allInquiries); err != nil {
			return err
		}
		return f.Store.Keep(ctx, f.Payer.ID, subscriptionFeed, told)
	case told != "" && every == 0:
		return nil
	}
	return f.inquire(ctx, client, cmp.Or(every, sparse), inquiries)
}

// subscribe makes sure that the payer tells us, and gives what is kept of the
// subscription, its id and our URL; empty when the payer offers none. missed is
// true when an earlier one was no longer in force, or told another URL: what it
// would have told has to be asked for.
func (f *Follower) subscribe(ctx context.Context, client *guard.Client) (told string, missed bool, err error) {
	kept, err := f.Store.Place(ctx, f.Payer.ID, subscriptionFeed)
	if err != nil {
		return "", false, err
	}
	kept, missed = strings.CutSuffix(kept, catchUp)
	if kept != "" {
		id, where, _ := strings.Cut(kept, " ")
		alive, err := f.alive(ctx, client, id)
		if err != nil || alive && where == f.Base {
			return kept, missed, err
		}
		missed = true
	}
	metadata, err := f.get(ctx, client, "metadata")
	if err != nil || !pas.OfferedIn(metadata) {
		return "", false, err
	}
	made, body, err := client.Fetch(ctx, http.MethodPost, "Subscription", f.header(), pas.Wish(f.Organizations, f.Base+"/fhir/$pas-notification", f.Token).JSON(), maxAnswer)
	if err != nil {
		return "", false, err
	}
	id := idOf(made.Header.Get("Location"), body)
	if id == "" {
		return "", false, gateway.Faultf("subscribe", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "a Subscription without an id", Fix: "ask the payer"})
	}
	told = id + " " + f.Base
	if missed {
		return told, true, f.Store.Keep(ctx, f.Payer.ID, subscriptionFeed, told+catchUp)
	}
	return told, false, f.Store.Keep(ctx, f.Payer.ID, subscriptionFeed, told)
}

// alive says whether the subscription is in force at the payer.
func (f *Follower) alive(ctx context.Context, client *guard.Client, id string) (bool, error) {
	r, err := f.get(ctx, client, "Subscription/"+url.PathEscape(id))
	if err != nil && gateway.FaultOf(err).Code == gateway.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	status := r.Get("status").Text()
	return status == "active" || status == "requested", nil
}

// inquire asks about the requests that are due, one after the other.
func (f *Follower) inquire(ctx context.Context, client *guard.Client, every time.Duration, limit int) error {
	due, err := f.Store.DueInquiries(ctx, f.Payer.ID, every, limit)
	if err != nil {
		return err
	}
	for i := range due {
		if !due[i].Heard(due[i].Latest().Message) {
			continue // it is still on its way to the payer
		}
		if err := f.ask(ctx, client, &due[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *Follower) ask(ctx context.Context, client *guard.Client, a *gateway.Authorization) error {
	body, err := f.Store.Submitted(ctx, a.Latest().Message)
	if err != nil {
		return err
	}
	sent, issues := fhir.Parse(body, fhir.Limits{})
	if sent == nil {
		return &gateway.Fault{Op: "inquire", Code: gateway.Internal, Issues: issues}
	}
	_, answer, err := client.Fetch(ctx, http.MethodPost, "Claim/$inquire", f.header(), pas.Ask(a, sent).JSON(), maxAnswer)
	if err != nil {
		return err
	}
	news, issues := pas.News(answer, a)
	if issues.Errors() {
		return &gateway.Fault{Op: "inquire", Code: gateway.Invalid, Issues: issues}
	}
	for _, n := range news {
		sum := sha256.Sum256(n)
		if _, err := f.Receive(ctx, &gateway.Message{Partner: f.Payer.ID, Channel: Channel, Kind: "fhir/pas-response", Key: "inquiry:" + hex.EncodeToString(sum[:]), Body: n}); err != nil {
			return err
		}
	}
	return nil
}

func (f *Follower) get(ctx context.Context, client *guard.Client, where string) (*fhir.Resource, error) {
	_, body, err := client.Fetch(ctx, http.MethodGet, where, f.header(), nil, maxAnswer)
	if err != nil {
		return nil, err
	}
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		return nil, &gateway.Fault{Op: "follow", Code: gateway.Invalid, Issues: issues}
	}
	return r, nil
}

func (f *Follower) header() map[string]string {
	h := map[string]string{"Content-Type": mediaType, "Accept": mediaType}
	if f.Payer.Deliver.Token != "" {
		h["Authorization"] = "Bearer " + f.Payer.Deliver.Token
	}
	return h
}

// idOf is the id of what was created: of the body, else of its Location
// ([base]/Subscription/id/_history/1).
func idOf(location string, body []byte) string {
	if r, _ := fhir.Parse(body, fhir.Limits{}); r != nil && r.Type == "Subscription" && r.ID != "" {
		return r.ID
	}
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	p := u.Path
	if path.Base(path.Dir(p)) == "_history" {
		p = path.Dir(path.Dir(p))
	}
	if path.Base(path.Dir(p)) != "Subscription" {
		return ""
	}
	return path.Base(p)
}
