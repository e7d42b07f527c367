package demo

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
)

// FHIRServer is a small FHIR server as a partner might have one: it keeps what
// it is sent, in memory, with its versions. It understands update with If-Match,
// delete, create with If-None-Exist by identifier, transactions of those, read,
// search by identifier and _lastUpdated in pages, metadata, bulk export, and
// SMART Backend Services tokens.
type FHIRServer struct {
	receiver
	habits Habits
	held   map[fhir.Ref]*version
	next   int
	smart  *tokenOffice // nil without SMART
	export *exporter
}

// Habits are how one server differs from another.
type Habits struct {
	Token         string // the bearer token it takes; empty = any
	Keys          bool   // honours Idempotency-Key
	OwnIDs        bool   // names what it creates: an update never creates
	NoConditions  bool   // knows no If-None-Exist
	NoTransaction bool
	Types         []string // resource types; empty = every one it is sent
	Key           string   // private key of the client whose assertions it takes (SMART); empty = no SMART
	Client        string   // with Key: the client id
}

// version is what it holds of a resource, with its number.
type version struct {
	number int
	at     time.Time
	body   *fhir.Resource // nil = deleted
}

// NewFHIRServer makes an empty one. With keys it does nothing again for a key it
// has seen; without, identity alone makes a repeat harmless.
func NewFHIRServer(token string, keys bool) *FHIRServer {
	return NewFHIRServerWith(Habits{Token: token, Keys: keys})
}

// NewFHIRServerWith makes an empty one with these habits.
func NewFHIRServerWith(h Habits) *FHIRServer {
	s := &FHIRServer{receiver: newReceiver(), habits: h, held: map[fhir.Ref]*version{}}
	s.smart = newTokenOffice(h, func() time.Time { return s.Now() })
	s.export = &exporter{server: s}
	return s
}

// maxBody is what it takes of one request.
const maxBody = 16 << 20

// ServeHTTP answers one request.
func (s *FHIRServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := strings.Trim(req.URL.Path, "/")
	base := "http://" + req.Host + strings.TrimSuffix(strings.TrimSuffix(strings.SplitN(req.RequestURI, "?", 2)[0], "/"), path)
	base = strings.TrimSuffix(base, "/")
	if s.smart.serve(w, req, path, base) {
		return
	}
	if !s.smart.admits(req) || s.habits.Token != "" && req.Header.Get("Authorization") != "Bearer "+s.habits.Token {
		refuse(w, http.StatusUnauthorized, "the token is not the one agreed on")
		return
	}
	if s.export.serve(w, req, path, base) {
		return
	}
	if req.Method == http.MethodGet {
		s.look(w, req, path, base)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return
	}
	behave := s.receiver.next()
	key := req.Header.Get("Idempotency-Key")
	if s.fail(w, req, behave, key) {
		return
	}
	out := s.once(key, ask{method: req.Method, path: path, body: body, ifNoneExist: req.Header.Get("If-None-Exist"), ifMatch: req.Header.Get("If-Match")})
	if behave.Drop {
		drop(w)
		return
	}
	out.write(w, base+"/")
}

// ask is one change to be made.
type ask struct {
	method, path         string
	ifNoneExist, ifMatch string
	body                 []byte
	resource             *fhir.Resource // in place of body
}

// reply is what came of an ask.
type reply struct {
	status  int
	ref     fhir.Ref
	version int
	why     string
	bundle  []byte
}

func (r reply) write(w http.ResponseWriter, base string) {
	if r.status >= 400 {
		refuse(w, r.status, r.why)
		return
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	if r.version > 0 {
		w.Header().Set("ETag", fmt.Sprintf(`W/"%d"`, r.version))
		w.Header().Set("Location", fmt.Sprintf("%s%s/_history/%d", base, r.ref, r.version))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.bundle)
}

// once applies an ask, unless its key was applied before and keys are honoured.
func (s *FHIRServer) once(key string, a ask) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status, seen := s.applied[key]; seen && s.habits.Keys && key != "" {
		s.note(Arrival{Key: key, Repeat: true})
		return reply{status: status}
	}
	out, refs := s.apply(a)
	if out.status < 400 {
		s.applied[key] = out.status
	}
	s.note(Arrival{Key: key, Refs: refs, Applied: out.status < 400})
	return out
}

func (s *FHIRServer) apply(a ask) (reply, []string) {
	if a.method == http.MethodPost && a.path == "" {
		return s.transaction(a.body)
	}
	if a.resource == nil && a.method != http.MethodDelete {
		r, issues := fhir.Parse(a.body, fhir.Limits{})
		if r == nil || issues.Errors() {
			return reply{status: 400, why: "not a FHIR resource"}, nil
		}
		a.resource = r
	}
	out := s.change(a)
	return out, []string{string(out.ref)}
}

// change makes one change to one resource.
func (s *FHIRServer) change(a ask) reply {
	ref := fhir.Ref(a.path)
	old := s.held[ref]
	if a.ifMatch != "" && (old == nil || a.ifMatch != fmt.Sprintf(`W/"%d"`, old.number)) {
		return reply{status: 412, why: "another version is current"}
	}
	switch a.method {
	case http.MethodPut:
		if a.resource.Ref() != ref {
			return reply{status: 400, why: "the id of the resource is not the one of the URL"}
		}
		if s.habits.OwnIDs && old == nil {
			return reply{status: 405, why: "an update does not create here"}
		}
		return s.put(ref, a.resource)
	case http.MethodDelete:
		if old != nil && old.body != nil {
			return s.put(ref, nil)
		}
		return reply{status: 204, ref: ref}
	case http.MethodPost:
		if found := s.find(a.resource.Type, a.ifNoneExist); found != "" && !s.habits.NoConditions {
			return reply{status: 200, ref: found, version: s.held[found].number}
		}
		return s.put(s.newRef(a.resource.Type), a.resource)
	}
	return reply{status: 405, why: "update, delete and create only"}
}

func (s *FHIRServer) newRef(typ string) fhir.Ref {
	s.next++
	return fhir.NewRef(typ, "r"+strconv.Itoa(s.next))
}

func (s *FHIRServer) put(ref fhir.Ref, r *fhir.Resource) reply {
	old := s.held[ref]
	if old == nil {
		old = &version{}
		s.held[ref] = old
	}
	created := old.body == nil
	old.number, old.body, old.at = old.number+1, r, s.Now()
	switch {
	case r == nil:
		return reply{status: 204, ref: ref, version: old.number}
	case created:
		return reply{status: 201, ref: ref, version: old.number}
	}
	return reply{status: 200, ref: ref, version: old.number}
}

// find looks for the resource of a condition of the form identifier=system|value.
func (s *FHIRServer) find(typ, query string) fhir.Ref {
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("identifier") == "" {
		return ""
	}
	for ref, r := range s.held {
		if ref.Type() == typ && r.body != nil && hasIdentifier(r.body, values.Get("identifier")) {
			return ref
		}
	}
	return ""
}

func hasIdentifier(r *fhir.Resource, value string) bool {
	for _, id := range r.Get("identifier").Items() {
		if id.Get("system").Text()+"|"+id.Get("value").Text() == value {
			return true
		}
	}
	return false
}

// transaction applies all entries or none: it looks at all before it changes any.
func (s *FHIRServer) transaction(body []byte) (reply, []string) {
	bundle, issues := fhir.Parse(body, fhir.Limits{})
	if bundle == nil || issues.Errors() || bundle.Type != "Bundle" || bundle.Get("type").Text() != "transaction" {
		return reply{status: 400, why: "not a transaction Bundle"}, nil
	}
	if s.habits.NoTransaction {
		return reply{status: 405, why: "no transactions here"}, nil
	}
	names, refused := s.precheck(bundle.Entries())
	if refused != nil {
		return *refused, nil
	}
	var refs []string
	results := fhir.List{}
	for _, e := range bundle.Entries() {
		out := s.entry(e, names)
		refs = append(refs, string(out.ref))
		results = append(results, fhir.Obj("response", fhir.Obj("status", strconv.Itoa(out.status), "location", fmt.Sprintf("%s/_history/%d", out.ref, out.version), "etag", fmt.Sprintf(`W/"%d"`, out.version))))
	}
	return reply{status: 200, bundle: fhir.Obj("resourceType", "Bundle", "type", "transaction-response", "entry", results).JSON()}, refs
}

// precheck looks at every entry before any is applied, and names what will be
// created, so that the others can refer to it.
func (s *FHIRServer) precheck(entries []fhir.Entry) (names map[string]fhir.Ref, refused *reply) {
	names = map[string]fhir.Ref{}
	seen := map[string]bool{}
	for _, e := range entries {
		put := e.Method == http.MethodPut && e.Resource != nil && string(e.Resource.Ref()) == e.URL && (!s.habits.OwnIDs || s.held[fhir.Ref(e.URL)] != nil)
		create := e.Method == http.MethodPost && e.Resource != nil && e.Resource.Type == e.URL
		if !put && !create && e.Method != http.MethodDelete || !create && seen[e.URL] {
			return nil, &reply{status: 400, why: "an entry that cannot be applied, or one resource twice"}
		}
		if old := s.held[fhir.Ref(e.URL)]; e.IfMatch != "" && (old == nil || e.IfMatch != fmt.Sprintf(`W/"%d"`, old.number)) {
			return nil, &reply{status: 412, why: "another version is current"}
		}
		if create {
			if names[e.FullURL] = s.find(e.Resource.Type, e.IfNoneExist); names[e.FullURL] == "" {
				names[e.FullURL] = s.newRef(e.Resource.Type)
			}
		}
		seen[e.URL] = true
	}
	return names, nil
}

// entry applies one entry of a transaction.
func (s *FHIRServer) entry(e fhir.Entry, names map[string]fhir.Ref) reply {
	if e.Resource != nil {
		e.Resource = e.Resource.Rewrite(func(v string) string {
			if ref, ok := names[v]; ok {
				return string(ref)
			}
			return v
		})
	}
	if ref, create := names[e.FullURL]; create && e.Method == http.MethodPost {
		if old := s.held[ref]; old != nil {
			return reply{status: 200, ref: ref, version: old.number}
		}
		return s.put(ref, e.Resource)
	}
	return s.change(ask{method: e.Method, path: e.URL, resource: e.Resource})
}

// Resource gives the version number and text of what it holds; nil when absent
// or deleted.
func (s *FHIRServer) Resource(ref fhir.Ref) (number int, json []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.held[ref]
	if r == nil {
		return 0, nil
	}
	if r.body == nil {
		return r.number, nil
	}
	return r.number, r.body.JSON
}

// Edit changes a resource as somebody at the partner would, by a new version.
func (s *FHIRServer) Edit(ref fhir.Ref, change func(*fhir.Resource) []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.held[ref]
	if old == nil || old.body == nil {
		return false
	}
	r, _ := fhir.Parse(change(s.stamped(ref)), fhir.Limits{})
	if r == nil {
		return false
	}
	s.put(ref, r)
	return true
}

// Refs lists what it holds of a type.
func (s *FHIRServer) Refs(typ string) (out []fhir.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ref, r := range s.held {
		if ref.Type() == typ && r.body != nil {
			out = append(out, ref)
		}
	}
	slices.Sort(out)
	return out
}
