package fhirrest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Feeds is where a poller keeps how far it has read, and finds out which of what
// it reads we wrote ourselves.
type Feeds interface {
	// Place gives what was kept for a feed of the partner, empty at first.
	Place(ctx context.Context, p gateway.PartnerID, feed string) (string, error)
	Keep(ctx context.Context, p gateway.PartnerID, feed, place string) error
	RemotesOf(ctx context.Context, p gateway.PartnerID, theirs []fhir.Ref) (map[fhir.Ref]gateway.Remote, error)
	// Sending names the deliveries to the partner that are under way, in any process:
	// begun, and what they teach not kept yet.
	Sending(ctx context.Context, p gateway.PartnerID) ([]string, error)
}

// Door is the gateway as what is fetched goes in: by Receive; what the gateway
// refuses is kept with its cause for a person, because nobody waits for an answer.
type Door interface {
	Receive(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error)
	Hold(ctx context.Context, m *gateway.Message, cause *gateway.Fault) error
}

// Channel is the door of what was fetched from a partner's server.
const Channel = "poll"

// Poller looks for changes on a partner's server, by _lastUpdated and type, and
// hands each version to the gateway as the partner's message. It is a Service.
// One instance asks at a time (a lease); the place is kept after every page, so
// a look that was cut off goes on where it was. Each look reaches a little
// behind the last one, and a version that came before is a repeat by its key.
type Poller struct {
	*server
	partner *gateway.Partner
	feeds   Feeds
	door    Door
	leases  gateway.Leases
	holder  string
}

// NewPoller makes the poller of a partner with a Poll and a FHIR endpoint.
func NewPoller(p *gateway.Partner, o Options, f Feeds, d Door, l gateway.Leases, holder string) (*Poller, error) {
	s, err := connect(p, o)
	if err != nil {
		return nil, err
	}
	return &Poller{server: s, partner: p, feeds: f, door: d, leases: l, holder: holder}, nil
}

// Waits of a poller that could not look, and the lease of one that does.
const (
	pollRetry = time.Minute
	pollLease = 2 * time.Minute
)

// Run looks until ctx ends.
func (p *Poller) Run(ctx context.Context) error {
	return p.repeat(ctx, "poll", p.Once)
}

// Once looks at every type that is due, and says how long to wait.
func (p *Poller) Once(ctx context.Context) (time.Duration, error) {
	name := "poll:" + string(p.partner.ID)
	ours, err := p.leases.Lease(ctx, name, p.holder, pollLease)
	if err != nil || !ours {
		return min(pollRetry, p.partner.Poll.Every), err
	}
	defer func() { _ = p.leases.Unlease(context.WithoutCancel(ctx), name, p.holder) }() // it ends by itself if this fails
	next := p.partner.Poll.Every
	var failed error
	for _, typ := range p.partner.Poll.Types {
		wait, err := p.look(ctx, name, typ)
		if err != nil {
			failed = errors.Join(failed, err)
			var ask *gateway.Wait
			if wait = min(pollRetry, p.partner.Poll.Every); errors.As(err, &ask) {
				wait = max(wait, ask.For)
			}
		}
		next = min(next, wait)
	}
	return max(next, time.Millisecond), failed
}

// place is how far a feed was read.
type place struct {
	Since time.Time `json:"since"`          // all versions before it were handed in
	High  time.Time `json:"high,omitzero"`  // the newest of the look that is under way
	Page  string    `json:"page,omitempty"` // its next page; empty = none is under way

	gateway.FeedLook
}

// look reads what has changed of a type since the last look, when it is due.
func (p *Poller) look(ctx context.Context, lease, typ string) (time.Duration, error) {
	feed := gateway.PollFeed(typ)
	at, err := p.place(ctx, feed)
	if err != nil {
		return 0, err
	}
	if due := at.Looked.Add(p.partner.Poll.Every); at.Page == "" && p.now().Before(due) {
		return due.Sub(p.now()), nil
	}
	can, err := p.capabilities(ctx)
	if err == nil {
		err = can.need(typ, "search-type")
	}
	if err == nil && !can.Types[typ].Searches("_lastUpdated") {
		err = metadataFault(typ+" without a search by _lastUpdated", "take the type out of the partner's poll, or ask the partner to support it")
	}
	if at.Page == "" {
		at.Found = 0
	}
	for err == nil {
		if _, err = p.leases.Lease(ctx, lease, p.holder, pollLease); err != nil {
			break
		}
		if err = p.page(ctx, typ, &at); err != nil {
			break
		}
		if at.Page == "" {
			at.Looked, at.Fault = p.now(), ""
		}
		if err = p.keep(ctx, feed, at); err != nil || at.Page == "" {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		at.Failed(p.now(), err)
		err = errors.Join(err, p.keep(ctx, feed, at))
	}
	return p.partner.Poll.Every, err
}

// place reads where a feed stands; a feed that is new begins as its
// configuration says, else now.
func (p *Poller) place(ctx context.Context, feed string) (at place, err error) {
	text, err := p.feeds.Place(ctx, p.partner.ID, feed)
	if err != nil {
		return at, err
	}
	if text != "" {
		return at, json.Unmarshal([]byte(text), &at)
	}
	if at.Since = p.partner.Poll.Since; at.Since.IsZero() {
		at.Since = p.now()
	}
	return at, p.keep(ctx, feed, at)
}

func (p *Poller) keep(ctx context.Context, feed string, at place) error {
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return p.feeds.Keep(ctx, p.partner.ID, feed, string(text))
}

// page hands one page in and moves the place behind it. A page whose link the
// server has forgotten begins the look anew: what came before is a repeat.
func (p *Poller) page(ctx context.Context, typ string, at *place) error {
	where := at.Page
	if where == "" {
		at.High = time.Time{}
		q := url.Values{"_lastUpdated": {"ge" + at.Since.Add(-p.partner.Poll.Overlap).UTC().Format("2006-01-02T15:04:05.000Z")},
			"_sort": {"_lastUpdated"}, "_count": {strconv.Itoa(p.partner.Poll.Page)}}
		where = typ + "?" + q.Encode()
	}
	a, text, err := p.get(ctx, where)
	if a != nil && at.Page != "" && (a.Status == 400 || a.Status == 404 || a.Status == 410) {
		at.Page = ""
		return p.page(ctx, typ, at)
	}
	if err != nil {
		return wordNext(err, at.Page)
	}
	bundle, _ := fhir.Parse(text, fhir.Limits{Bytes: maxPage})
	if bundle == nil || bundle.Type != "Bundle" {
		return metadataFault("an answer to a search that is no Bundle", "ask the partner")
	}
	newest, n, err := p.handIn(ctx, typ, bundle)
	if at.Found += n; err != nil {
		return err
	}
	if newest.After(at.High) {
		at.High = newest
	}
	if at.Page = nextLink(bundle); at.Page == "" && at.High.After(at.Since) {
		at.Since = at.High
	}
	return nil
}

// wordNext says whose fault a refused link is.
func wordNext(err error, page string) error {
	if page == "" || !errors.Is(err, guard.ErrForbidden) {
		return err
	}
	return gateway.Faultf("poll", gateway.Denied, fhir.Issue{Code: "security", Found: "a next link to another server", Allowed: "links to the server itself", Fix: "ask the partner to page on its own address"})
}

func nextLink(bundle *fhir.Resource) string {
	for _, l := range bundle.Get("link").Items() {
		if l.Get("relation").Text() == "next" {
			return l.Get("url").Text()
		}
	}
	return ""
}

// handIn gives every resource of a page to the gateway and says which is newest
// and how many were given.
func (p *Poller) handIn(ctx context.Context, typ string, bundle *fhir.Resource) (newest time.Time, n int64, err error) {
	var found []*fhir.Resource
	var refs []fhir.Ref
	for _, e := range bundle.Entries() {
		if e.Resource != nil && e.Resource.Type == typ && e.Resource.ID != "" {
			found, refs = append(found, e.Resource), append(refs, e.Resource.Ref())
		}
	}
	known, err := p.feeds.RemotesOf(ctx, p.partner.ID, refs)
	if err == nil && slices.ContainsFunc(found, func(r *fhir.Resource) bool { return !written(r, known) }) {
		if err = afterSends(ctx, p.feeds, p.partner.ID); err == nil {
			known, err = p.feeds.RemotesOf(ctx, p.partner.ID, refs)
		}
	}
	if err != nil {
		return newest, 0, err
	}
	for _, r := range found {
		if !written(r, known) {
			if err := p.one(ctx, r, r.Get("meta", "versionId").Text()); err != nil {
				return newest, n, err
			}
			n++
		}
		if when, err := time.Parse(time.RFC3339Nano, r.Get("meta", "lastUpdated").Text()); err == nil && when.After(newest) {
			newest = when
		}
	}
	return newest, n, nil
}

// one hands a version in. What the gateway refuses is held with its cause; what
// it cannot take now ends the look, and comes again.
func (p *Poller) one(ctx context.Context, r *fhir.Resource, version string) error {
	m := fetched(p.partner.ID, r, version)
	_, err := p.door.Receive(ctx, m, nil)
	if err == nil {
		return nil
	}
	f := gateway.FaultOf(err)
	if f.Code == gateway.Busy || f.Code == gateway.Internal {
		return f
	}
	if f.Code == gateway.Conflict && version != "" { // perhaps another content under the same version
		m.Key += "/" + content(r)
	}
	m.ID = ""
	return p.door.Hold(ctx, m, f)
}

// fetched is the message of one version: an update of the resource that the
// partner knows by this id. Its key names the version, so it comes in once.
func fetched(p gateway.PartnerID, r *fhir.Resource, version string) *gateway.Message {
	body := append([]byte(nil), r.Root().Raw()...)
	return &gateway.Message{Partner: p, Channel: Channel, Kind: gateway.Kind("fhir/" + r.Type), Body: body,
		Key: string(r.Ref()) + "/_history/" + cmp.Or(version, content(r)),
		Ask: &gateway.Ask{Interaction: gateway.AskUpdate, Type: r.Type, ID: r.ID, Prefer: "minimal"}}
}

// content names a text where there is no version.
func content(r *fhir.Resource) string {
	sum := sha256.Sum256(r.Root().Raw())
	return "sha256-" + hex.EncodeToString(sum[:12])
}
