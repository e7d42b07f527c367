package fhirrest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Remotes is what the sender has to know of earlier deliveries.
type Remotes interface {
	// Remotes says what the partner calls the resources, as far as it was learned.
	Remotes(ctx context.Context, p gateway.PartnerID, refs []fhir.Ref) (map[fhir.Ref]gateway.Remote, error)
	// Version reads one version of a resource as it is kept here; nil when it is not.
	Version(ctx context.Context, ref fhir.Ref, version int64) (*fhir.Resource, error)
}

// rounds is how often a delivery is merged anew when the receiver's version
// moves on meanwhile; then it waits for its next try.
const rounds = 3

// adapt sends a parcel in the way the receiver's metadata allows.
func (s *Sender) adapt(ctx context.Context, p *gateway.Parcel) (string, error) {
	p.Learned = gateway.Learned{}
	can, err := s.capabilities(ctx)
	if err != nil {
		return "", err
	}
	t := &talk{s: s, can: can, parcel: p}
	if err := t.pieces(ctx); err != nil {
		return "", err
	}
	for range rounds + len(t.all) { // each may be found once, where it was thought to be new
		if err := t.plan(ctx); err != nil {
			return "", err
		}
		if len(p.Learned.Clashes) > 0 {
			return "", clash(p.Learned.Clashes)
		}
		again, err := t.put(ctx)
		if err != nil {
			return "", err
		}
		if !again {
			return t.remote(), nil
		}
	}
	return "", gateway.Faultf("send", gateway.Busy, fhir.Issue{Code: "conflict", Found: "a resource that the receiver changes all the time", Fix: "nothing: it is sent again by itself"})
}

// clash is the fault of a delivery that a person has to decide on. It names
// elements, never their content.
func clash(list []gateway.Clash) error {
	f := &gateway.Fault{Op: "merge", Code: gateway.Conflict}
	for _, c := range list {
		f.Issues = append(f.Issues, fhir.Issue{Severity: fhir.Error, Code: "conflict", Path: c.Ours.Type() + "." + strings.Join(c.Elements, ", "),
			Found: "elements that the receiver changed too", Fix: "compare both and decide: throughline conflict show, then conflict resolve --keep ours or theirs"})
	}
	return f
}

// talk is one delivery on its way to a receiver.
type talk struct {
	s      *Sender
	can    *Capabilities
	parcel *gateway.Parcel
	all    []*piece
	names  map[fhir.Ref]gateway.Remote // what the receiver calls what we refer to
	read   bool                        // the receiver has moved on: read before writing
	sent   int                         // requests so far
}

// piece is one resource of a delivery and what is asked for it.
type piece struct {
	item   gateway.Item
	ref    fhir.Ref
	mine   *fhir.Resource // as it is here; nil = to be deleted
	at     gateway.Remote // what the receiver calls it; Theirs is empty when that is not known
	done   bool
	method string
	url    string
	match  string // version for If-Match
	exists string // condition for If-None-Exist
	body   *fhir.Resource
	final  bool // body is merged: not to be written anew
}

// pieces looks up what the receiver calls everything the parcel is about.
func (t *talk) pieces(ctx context.Context) error {
	var refs []fhir.Ref
	for i, item := range t.parcel.Items {
		p := &piece{item: item, ref: fhir.NewRef(item.Type, item.ID), mine: t.parcel.Resources[i]}
		t.all = append(t.all, p)
		refs = append(refs, p.ref)
		if p.mine == nil {
			continue
		}
		for _, r := range p.mine.References() {
			if typ, id, _, absolute := fhir.ParseRef(r.Value); typ != "" && !absolute {
				refs = append(refs, fhir.NewRef(typ, id))
			}
		}
	}
	var err error
	if t.names, err = t.s.remotes.Remotes(ctx, t.s.partner.ID, refs); err != nil {
		return &gateway.Fault{Op: "send", Code: gateway.Busy, Err: err}
	}
	if t.names == nil {
		t.names = map[fhir.Ref]gateway.Remote{}
	}
	for _, p := range t.all {
		p.at = t.names[p.ref]
		p.at.Ours = p.ref
	}
	t.sort()
	return nil
}

// sort puts what is referred to first, for receivers without transactions.
func (t *talk) sort() {
	byRef := map[fhir.Ref]*piece{}
	for _, p := range t.all {
		byRef[p.ref] = p
	}
	var out []*piece
	seen := map[*piece]bool{}
	var visit func(*piece)
	visit = func(p *piece) {
		if p == nil || seen[p] {
			return
		}
		seen[p] = true
		if p.mine != nil {
			for _, r := range p.mine.References() {
				visit(byRef[fhir.Ref(r.Value)])
			}
		}
		out = append(out, p)
	}
	for _, p := range t.all {
		visit(p)
	}
	t.all = out
}

// theirIDs says whether the receiver names resources of the type itself.
func (t *talk) theirIDs(typ string) bool {
	switch t.s.partner.Deliver.IDs {
	case gateway.OurIDs:
		return false
	case gateway.TheirIDs:
		return true
	}
	return !t.can.Types[typ].UpdateCreate
}

// put sends what is planned; again says that it has to be planned anew.
func (t *talk) put(ctx context.Context) (again bool, err error) {
	var open []*piece
	for _, p := range t.all {
		if !p.done {
			open = append(open, p)
		}
	}
	if len(open) > 1 && t.can.Transaction {
		return t.transaction(ctx, open)
	}
	for _, p := range open {
		if err := t.resolve(p); err != nil { // what came before it has its name by now
			return false, err
		}
		again, err := t.one(ctx, p)
		if again || err != nil {
			return again, err
		}
	}
	return false, nil
}

// one sends one piece by itself.
func (t *talk) one(ctx context.Context, p *piece) (again bool, err error) {
	header := map[string]string{"Accept": mediaType, "Prefer": "return=minimal"}
	var body []byte
	if p.body != nil {
		header["Content-Type"], body = mediaType, p.body.JSON
	}
	if p.match != "" {
		header["If-Match"] = etag(p.match)
	}
	if p.exists != "" && t.can.Types[p.ref.Type()].ConditionalCreate {
		header["If-None-Exist"] = p.exists
	}
	a, _, err := t.send(ctx, p.method, p.url, header, body, 0)
	if a == nil {
		return false, err
	}
	switch {
	case p.method == http.MethodDelete && (a.Status == http.StatusNotFound || a.Status == http.StatusGone):
		p.done = true // gone is what was asked for
		return false, nil
	case p.match != "" && stale(a):
		t.read = true
		return true, nil
	case p.exists != "" && a.Status == http.StatusPreconditionFailed:
		return false, twins()
	case err != nil:
		return false, err
	}
	return t.learn(ctx, p, a.Status, t.s.relative(a.Header.Get("Location")), versionOf(a.Header.Get("ETag")))
}

// send puts one request on the wire and reads at most max bytes of the answer;
// 0 = nobody reads it. The first of a delivery has its key; each
// other one a key of its own, that follows from what it asks.
func (t *talk) send(ctx context.Context, method, where string, header map[string]string, body []byte, max int64) (*guard.Answer, []byte, error) {
	key := t.parcel.Key
	if t.sent++; t.sent > 1 {
		h := sha256.New()
		for _, part := range []string{method, where, header["If-Match"], header["If-None-Exist"]} {
			h.Write([]byte(part + "\x00"))
		}
		h.Write(body)
		key += "." + hex.EncodeToString(h.Sum(nil)[:6])
	}
	header["Idempotency-Key"] = key
	if max > 0 {
		return t.s.do(ctx, method, where, header, body, max)
	}
	a, err := t.s.authorized(ctx, header, func(h map[string]string) (*guard.Answer, error) {
		return t.s.client.Do(ctx, method, where, h, body)
	})
	return a, nil, err
}

// stale says that the receiver has another version; 409 is seen in the wild.
func stale(a *guard.Answer) bool {
	return a.Status == http.StatusPreconditionFailed || a.Status == http.StatusConflict && a.Header.Get("Retry-After") == ""
}

// learn remembers what the receiver calls a piece. A create that found
// something is not done: what was found is read and merged.
func (t *talk) learn(ctx context.Context, p *piece, status int, location, version string) (again bool, err error) {
	if p.mine == nil {
		p.done = true
		return false, nil
	}
	if typ, id, v, _ := fhir.ParseRef(location); typ == p.ref.Type() && p.at.Theirs == "" {
		p.at.Theirs = fhir.NewRef(typ, id)
		version = cmp.Or(version, v)
	} else if typ != "" {
		version = cmp.Or(version, v)
	}
	if p.method == http.MethodPost {
		if err := t.readBack(ctx, p, &version); err != nil {
			return false, err
		}
		if status == http.StatusOK { // it was there already
			p.at.Version, p.at.Merged = version, true
			t.names[p.ref] = p.at
			return true, nil
		}
	} else if p.at.Theirs == "" {
		p.at.Theirs = p.ref
	}
	p.at.Version, p.at.Sent, p.at.Settled = version, p.item.Version, ""
	t.finish(p)
	return false, nil
}

// finish marks a piece as done and remembers it.
func (t *talk) finish(p *piece) {
	p.done = true
	t.names[p.ref] = p.at
	t.parcel.Learned.Remotes = append(t.parcel.Learned.Remotes, p.at)
}

// remote is the receiver's own reference of what went last.
func (t *talk) remote() string {
	for i := len(t.all) - 1; i >= 0; i-- {
		if at := t.all[i].at; at.Theirs != "" {
			if at.Version == "" {
				return string(at.Theirs)
			}
			return string(at.Theirs) + "/_history/" + at.Version
		}
	}
	return ""
}

func etag(version string) string { return `W/"` + version + `"` }

// versionOf reads W/"3".
func versionOf(etag string) string { return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`) }

func condition(id gateway.Identifier) string {
	return "identifier=" + url.QueryEscape(id.System+"|"+id.Value)
}

func twins() error {
	return gateway.Faultf("send", gateway.Conflict, fhir.Issue{Code: "duplicate", Found: "several resources at the receiver with one identifier of ours",
		Fix: "ask the receiver to keep one of them, then release the delivery"})
}
