package demo

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// FHIRServer is a small FHIR server as a partner might have one: it keeps what
// it is sent, in memory. It understands update, delete, create with
// If-None-Exist by identifier, transactions of those, and read.
type FHIRServer struct {
	receiver
	token string
	keys  bool // honours Idempotency-Key
	held  map[fhir.Ref]*version
	next  int
}

// version is what it holds of a resource, with its number.
type version struct {
	number int
	body   *fhir.Resource // nil = deleted
}

// NewFHIRServer makes an empty one. With keys it does nothing again for a key it
// has seen; without, identity alone makes a repeat harmless.
func NewFHIRServer(token string, keys bool) *FHIRServer {
	return &FHIRServer{receiver: newReceiver(), token: token, keys: keys, held: map[fhir.Ref]*version{}}
}

// maxBody is what it takes of one request.
const maxBody = 16 << 20

// ServeHTTP answers one request.
func (s *FHIRServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if s.token != "" && req.Header.Get("Authorization") != "Bearer "+s.token {
		refuse(w, http.StatusUnauthorized, "the token is not the one agreed on")
		return
	}
	path := strings.Trim(req.URL.Path, "/")
	if req.Method == http.MethodGet {
		s.read(w, fhir.Ref(path))
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
	out := s.once(key, ask{method: req.Method, path: path, body: body, ifNoneExist: req.Header.Get("If-None-Exist")})
	if behave.Drop {
		drop(w)
		return
	}
	out.write(w, "http://"+req.Host+strings.TrimSuffix(req.RequestURI, path))
}

// ask is one change to be made.
type ask struct {
	method, path, ifNoneExist string
	body                      []byte
	resource                  *fhir.Resource // in place of body
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
	if status, seen := s.applied[key]; seen && s.keys && key != "" {
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
	switch a.method {
	case http.MethodPut:
		if a.resource.Ref() != ref {
			return reply{status: 400, why: "the id of the resource is not the one of the URL"}
		}
		return s.put(ref, a.resource)
	case http.MethodDelete:
		if old := s.held[ref]; old != nil && old.body != nil {
			return s.put(ref, nil)
		}
		return reply{status: 204, ref: ref}
	case http.MethodPost:
		if found := s.find(a.resource.Type, a.ifNoneExist); found != "" {
			return reply{status: 200, ref: found, version: s.held[found].number}
		}
		s.next++
		return s.put(fhir.NewRef(a.resource.Type, "r"+strconv.Itoa(s.next)), a.resource)
	}
	return reply{status: 405, why: "update, delete and create only"}
}

func (s *FHIRServer) put(ref fhir.Ref, r *fhir.Resource) reply {
	old := s.held[ref]
	if old == nil {
		old = &version{}
		s.held[ref] = old
	}
	created := old.body == nil
	old.number, old.body = old.number+1, r
	switch {
	case r == nil:
		return reply{status: 204, ref: ref, version: old.number}
	case created:
		return reply{status: 201, ref: ref, version: old.number}
	}
	return reply{status: 200, ref: ref, version: old.number}
}

// find looks for the resource of an If-None-Exist of the form identifier=system|value.
func (s *FHIRServer) find(typ, query string) fhir.Ref {
	value, ok := strings.CutPrefix(query, "identifier=")
	if !ok {
		return ""
	}
	for ref, r := range s.held {
		if ref.Type() != typ || r.body == nil {
			continue
		}
		for _, id := range r.body.Get("identifier").Items() {
			if id.Get("system").Text()+"|"+id.Get("value").Text() == value {
				return ref
			}
		}
	}
	return ""
}

// transaction applies all entries or none: it looks at all before it changes any.
func (s *FHIRServer) transaction(body []byte) (reply, []string) {
	bundle, issues := fhir.Parse(body, fhir.Limits{})
	if bundle == nil || issues.Errors() || bundle.Type != "Bundle" || bundle.Get("type").Text() != "transaction" {
		return reply{status: 400, why: "not a transaction Bundle"}, nil
	}
	seen := map[string]bool{}
	for _, e := range bundle.Entries() {
		put := e.Method == http.MethodPut && e.Resource != nil && string(e.Resource.Ref()) == e.URL
		create := e.Method == http.MethodPost && e.Resource != nil && e.Resource.Type == e.URL
		if !put && !create && e.Method != http.MethodDelete || !create && seen[e.URL] {
			return reply{status: 400, why: "an entry that cannot be applied, or one resource twice"}, nil
		}
		seen[e.URL] = true
	}
	var refs []string
	results := fhir.List{}
	for _, e := range bundle.Entries() {
		out := s.change(ask{method: e.Method, path: e.URL, resource: e.Resource, ifNoneExist: e.IfNoneExist})
		refs = append(refs, string(out.ref))
		results = append(results, fhir.Obj("response", fhir.Obj("status", strconv.Itoa(out.status), "location", fmt.Sprintf("%s/_history/%d", out.ref, out.version))))
	}
	return reply{status: 200, bundle: fhir.Obj("resourceType", "Bundle", "type", "transaction-response", "entry", results).JSON()}, refs
}

func (s *FHIRServer) read(w http.ResponseWriter, ref fhir.Ref) {
	s.mu.Lock()
	r := s.held[ref]
	s.mu.Unlock()
	switch {
	case r == nil:
		refuse(w, http.StatusNotFound, "no such resource")
	case r.body == nil:
		refuse(w, http.StatusGone, "deleted")
	default:
		reply{status: 200, bundle: r.body.JSON}.write(w, "")
	}
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
