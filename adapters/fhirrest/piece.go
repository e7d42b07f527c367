package fhirrest

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// ResourceSystem is the system of the identifier that a resource gets on servers
// which name things themselves: its value is the reference it has here.
const ResourceSystem = "urn:throughline:resource"

// plan decides what is asked for every piece that is not done yet. Where the
// receiver may hold something else than we know, it is read and merged first.
func (t *talk) plan(ctx context.Context) error {
	for _, p := range t.all {
		if p.done {
			continue
		}
		if err := t.planOne(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (t *talk) planOne(ctx context.Context, p *piece) error {
	typ := p.ref.Type()
	p.method, p.url, p.match, p.exists, p.body, p.final = "", "", "", "", nil, false
	switch {
	case p.mine == nil:
		return t.planDelete(p)
	case p.at.Theirs == "" && t.theirIDs(typ):
		return t.planCreate(ctx, p)
	}
	if err := t.can.need(typ, "update"); err != nil {
		return err
	}
	p.method, p.url = http.MethodPut, string(p.ref)
	if p.at.Theirs != "" {
		p.url = string(p.at.Theirs)
	}
	p.match = p.at.Version
	if t.can.Types[typ].Versioning == "no-version" {
		p.match = ""
	}
	if p.match == "" || t.read || p.at.Merged {
		return t.merge(ctx, p)
	}
	return t.resolve(p)
}

func (t *talk) planDelete(p *piece) error {
	if p.at.Theirs == "" && t.theirIDs(p.ref.Type()) {
		p.done = true // it never had it
		return nil
	}
	p.method, p.url = http.MethodDelete, string(p.ref)
	if p.at.Theirs != "" {
		p.url = string(p.at.Theirs)
	}
	return t.can.need(p.ref.Type(), "delete")
}

// planCreate is a create under the condition that nothing there has our
// identifier. A server that knows no conditions is searched first; both look
// again after the write, because the condition is not atomic in real servers.
func (t *talk) planCreate(ctx context.Context, p *piece) error {
	typ := p.ref.Type()
	if err := t.can.need(typ, "create"); err != nil {
		return err
	}
	if !t.can.Types[typ].Searches("identifier") || !t.can.Types[typ].Does("search-type") {
		return metadataFault(typ+" without a search by identifier", "the receiver must take our ids (updateCreate) or find by identifier: ask the partner")
	}
	p.method, p.url = http.MethodPost, typ
	if err := t.resolve(p); err != nil {
		return err
	}
	if p.exists == "" {
		return metadataFault(typ+", which has no identifier", "the receiver must let an update create it with our id (updateCreate): ask the partner")
	}
	if t.can.Types[typ].ConditionalCreate {
		return nil
	}
	found, err := t.find(ctx, p)
	if err != nil || found == nil {
		return err
	}
	p.at.Theirs, p.at.Merged = found.Ref(), true
	return t.planOne(ctx, p)
}

// find looks for the resource with our identifier; nil when there is none.
func (t *talk) find(ctx context.Context, p *piece) (*fhir.Resource, error) {
	_, text, err := t.s.get(ctx, p.ref.Type()+"?"+p.exists)
	if err != nil {
		return nil, err
	}
	page, _ := fhir.Parse(text, fhir.Limits{Bytes: maxPage})
	var found []*fhir.Resource
	for _, e := range page.Entries() {
		if e.Resource != nil && e.Resource.Type == p.ref.Type() && e.Resource.ID != "" {
			found = append(found, e.Resource)
		}
	}
	switch {
	case page == nil || page.Type != "Bundle":
		return nil, metadataFault("an answer to a search that is no Bundle", "ask the partner")
	case len(found) > 1:
		return nil, twins()
	case len(found) == 0:
		return nil, nil
	}
	return found[0], nil
}

// readBack looks whether a create made exactly one resource, and which.
func (t *talk) readBack(ctx context.Context, p *piece, version *string) error {
	found, err := t.find(ctx, p)
	if err != nil {
		return err
	}
	if found == nil {
		return gateway.Faultf("send", gateway.Busy, fhir.Issue{Code: "incomplete", Found: "a create that cannot be found yet", Fix: "nothing: it is looked for again"})
	}
	p.at.Theirs = found.Ref()
	if v := found.Get("meta", "versionId").Text(); v != "" {
		*version = v
	}
	return nil
}

// merge reads what the receiver has and joins it with what is to be sent.
// Nothing there: the update creates it. Nothing to change: the piece is done.
func (t *talk) merge(ctx context.Context, p *piece) error {
	a, text, err := t.s.get(ctx, p.url)
	if a != nil && (a.Status == http.StatusNotFound || a.Status == http.StatusGone) {
		p.match = ""
		return t.missing(p)
	}
	if err != nil {
		return err
	}
	other, _ := fhir.Parse(text, fhir.Limits{Bytes: maxPage})
	if other == nil || other.Type != p.ref.Type() {
		return metadataFault("an answer to a read that is another resource", "ask the partner")
	}
	if err := t.resolve(p); err != nil {
		return err
	}
	base, err := t.base(ctx, p)
	if err != nil {
		return err
	}
	version := versionOf(a.Header.Get("ETag"))
	if version == "" {
		version = other.Get("meta", "versionId").Text()
	}
	p.at.Theirs = other.Ref()
	merged, elements := gateway.ThreeWay(base, p.body, t.own(other), version != "" && version == p.at.Settled)
	if len(elements) > 0 {
		at := p.at
		at.Version = version
		t.parcel.Learned.Clashes = append(t.parcel.Learned.Clashes, gateway.Clash{Remote: at, Tried: p.item.Version, Elements: elements, Content: text})
		return nil
	}
	p.at.Merged = !equal(merged, p.body)
	if equal(merged, t.own(other)) {
		p.at.Version, p.at.Sent, p.at.Settled = version, p.item.Version, ""
		t.finish(p)
		return nil
	}
	p.body, p.match, p.final = merged, version, true
	if t.can.Types[p.ref.Type()].Versioning == "no-version" {
		p.match = ""
	}
	return nil
}

// missing is an update of what the receiver does not have (any more).
func (t *talk) missing(p *piece) error {
	if t.theirIDs(p.ref.Type()) {
		return gateway.Faultf("send", gateway.Gone, fhir.Issue{Code: "deleted", Found: "a resource that the receiver has deleted",
			Fix: "ask the receiver; skip the delivery if that was meant"})
	}
	p.at.Merged = false
	return t.resolve(p)
}

// base is the version both sides started from, as it was sent; nil when it is
// not known.
func (t *talk) base(ctx context.Context, p *piece) (*fhir.Resource, error) {
	if p.at.Sent == 0 {
		return nil, nil
	}
	r, err := t.s.remotes.Version(ctx, p.ref, p.at.Sent)
	if err != nil || r == nil {
		return nil, err
	}
	old := *p
	old.mine = r
	err = t.resolve(&old)
	return old.body, err
}

// own is what the receiver has with references to its own server made relative,
// as we write them.
func (t *talk) own(r *fhir.Resource) *fhir.Resource {
	base := t.s.client.Base() + "/"
	return rewrite(r, func(v string) string {
		if len(v) > len(base) && v[:len(base)] == base {
			return v[len(base):]
		}
		return v
	})
}

// equal compares two texts of one resource but for what servers stamp.
func equal(a, b *fhir.Resource) bool {
	return a != nil && b != nil && fhir.Equal(withMember(a, "meta", labelsOf(a)).JSON, withMember(b, "meta", labelsOf(b)).JSON)
}

// labelsOf is meta without version and time.
func labelsOf(r *fhir.Resource) fhir.Object {
	o := fhir.Object{}
	for name, v := range r.Get("meta").Members() {
		if name != "versionId" && name != "lastUpdated" && name != "source" {
			o = o.With(name, v)
		}
	}
	return o
}

// resolve writes a piece in the receiver's words: its own id, its own names in
// references, and our identifier where it names things itself. It fills in body
// and the condition of a create.
func (t *talk) resolve(p *piece) error {
	if p.mine == nil || p.final {
		return nil
	}
	p.body = logical(rewrite(p.mine, t.name), t.unknown)
	if !t.theirIDs(p.ref.Type()) {
		return nil
	}
	var id gateway.Identifier
	if p.body, id = identified(p.body, p.ref); id.Value != "" {
		p.exists = condition(id)
	}
	if p.method == http.MethodPost {
		p.body = withMember(p.body, "id", "")
		return nil
	}
	if p.at.Theirs != "" {
		p.body = withMember(p.body, "id", p.at.Theirs.ID())
	}
	p.exists = ""
	return nil
}

// name is what the receiver calls what a reference points to; what it cannot
// know stays as it is.
func (t *talk) name(v string) string {
	typ, id, _, absolute := fhir.ParseRef(v)
	if typ == "" || absolute {
		return v
	}
	ref := fhir.NewRef(typ, id)
	if at, ok := t.names[ref]; ok && at.Theirs != "" {
		return string(at.Theirs)
	}
	if !t.theirIDs(typ) {
		return v
	}
	for _, p := range t.all {
		if p.ref == ref && p.mine != nil {
			return fullURL(ref) // made by the same delivery
		}
	}
	return v
}

// unknown says that a reference, as name has left it, means nothing to a
// receiver that names things itself: it was never sent what it points to.
func (t *talk) unknown(v string) bool {
	typ, id, _, absolute := fhir.ParseRef(v)
	return typ != "" && !absolute && t.theirIDs(typ) && !t.called(fhir.NewRef(typ, id))
}

func (t *talk) called(theirs fhir.Ref) bool {
	for _, at := range t.names {
		if at.Theirs == theirs {
			return true
		}
	}
	return false
}

// fullURL names a resource inside one transaction.
func fullURL(ref fhir.Ref) string {
	return "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(ResourceSystem+"/"+string(ref))).String()
}

// rewrite replaces references; a resource without any to replace stays as it is.
func rewrite(r *fhir.Resource, name func(string) string) *fhir.Resource {
	changed := false
	for _, ref := range r.References() {
		changed = name(ref.Value) != ref.Value || changed
	}
	if !changed {
		return r
	}
	return r.Rewrite(name)
}

// identified adds our identifier. A type whose identifier does not repeat keeps
// the one it has; one without any gives none.
func identified(r *fhir.Resource, ref fhir.Ref) (*fhir.Resource, gateway.Identifier) {
	own := gateway.Identifier{System: ResourceSystem, Value: string(ref)}
	entry := fhir.Obj("system", own.System, "value", own.Value)
	has, repeats := fhir.Element(r.Type, "identifier")
	switch {
	case !has:
		return r, gateway.Identifier{}
	case repeats:
		list := fhir.List{}
		for _, n := range r.Get("identifier").Items() {
			if n.Get("system").Text() != own.System {
				list = append(list, n)
			}
		}
		return withMember(r, "identifier", append(list, entry)), own
	case r.Get("identifier") == nil:
		return withMember(r, "identifier", entry), own
	}
	n := r.Get("identifier")
	return r, gateway.Identifier{System: n.Get("system").Text(), Value: n.Get("value").Text()}
}
