package demo

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
)

// look answers a GET: metadata, a read, or a search.
func (s *FHIRServer) look(w http.ResponseWriter, req *http.Request, path, base string) {
	switch {
	case path == "metadata":
		reply{status: 200, bundle: s.metadata()}.write(w, "")
	case fhir.IsType(path):
		s.search(w, req, path, base)
	default:
		s.read(w, fhir.Ref(path))
	}
}

func (s *FHIRServer) read(w http.ResponseWriter, ref fhir.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.held[ref]
	switch {
	case r == nil:
		refuse(w, http.StatusNotFound, "no such resource")
	case r.body == nil:
		refuse(w, http.StatusGone, "deleted")
	default:
		w.Header().Set("ETag", fmt.Sprintf(`W/"%d"`, r.number))
		reply{status: 200, bundle: s.stamped(ref).JSON}.write(w, "")
	}
}

// stamped is a resource as it is read: with its id, version and time.
func (s *FHIRServer) stamped(ref fhir.Ref) *fhir.Resource {
	r := s.held[ref]
	return r.body.Stamp(ref.ID(), int64(r.number), r.at.UTC(), nil)
}

// metadata says what it does, by its habits.
func (s *FHIRServer) metadata() []byte {
	types := s.habits.Types
	if len(types) == 0 {
		types = fhir.Types()
	}
	var resources fhir.List
	for _, typ := range types {
		interactions := fhir.List{}
		for _, code := range []string{"read", "create", "update", "delete", "search-type"} {
			interactions = append(interactions, fhir.Obj("code", code))
		}
		resources = append(resources, fhir.Obj("type", typ, "interaction", interactions, "versioning", "versioned-update",
			"updateCreate", !s.habits.OwnIDs, "conditionalCreate", !s.habits.NoConditions,
			"searchParam", fhir.List{fhir.Obj("name", "identifier", "type", "token"), fhir.Obj("name", "_lastUpdated", "type", "date")}))
	}
	rest := fhir.Obj("mode", "server", "resource", resources)
	if !s.habits.NoTransaction {
		rest = rest.With("interaction", fhir.List{fhir.Obj("code", "transaction")})
	}
	return fhir.Obj("resourceType", "CapabilityStatement", "status", "active", "date", "2026-01-01", "kind", "instance", "fhirVersion", "4.0.1",
		"format", fhir.List{"json"}, "rest", fhir.List{rest}).JSON()
}

// searchPage is how many resources a page has when nobody asks for fewer.
const searchPage = 50

// search finds by identifier and _lastUpdated, oldest first, in pages whose next
// link is its own to read.
func (s *FHIRServer) search(w http.ResponseWriter, req *http.Request, typ, base string) {
	q := req.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	var refs []fhir.Ref
	for ref, r := range s.held {
		if ref.Type() == typ && r.body != nil && (q.Get("identifier") == "" || hasIdentifier(r.body, q.Get("identifier"))) && after(q["_lastUpdated"], r.at) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b fhir.Ref) int {
		return cmp.Or(s.held[a].at.Compare(s.held[b].at), cmp.Compare(a, b))
	})
	count, _ := strconv.Atoi(q.Get("_count"))
	if count <= 0 {
		count = searchPage
	}
	from, _ := strconv.Atoi(q.Get("_offset"))
	from = min(max(from, 0), len(refs))
	upto := min(from+count, len(refs))
	entries := fhir.List{}
	for _, ref := range refs[from:upto] {
		entries = append(entries, fhir.Obj("fullUrl", base+"/"+string(ref), "resource", s.stamped(ref), "search", fhir.Obj("mode", "match")))
	}
	links := fhir.List{}
	if upto < len(refs) {
		q.Set("_offset", strconv.Itoa(upto))
		links = append(links, fhir.Obj("relation", "next", "url", base+"/"+typ+"?"+q.Encode()))
	}
	reply{status: 200, bundle: fhir.Obj("resourceType", "Bundle", "type", "searchset", "total", len(refs), "link", links, "entry", entries).JSON()}.write(w, "")
}

// after says whether a time meets conditions such as ge2026-01-01T00:00:00Z.
func after(conditions []string, at time.Time) bool {
	for _, c := range conditions {
		since, err := time.Parse(time.RFC3339, strings.TrimPrefix(c, "ge"))
		if err != nil || at.UTC().Truncate(time.Millisecond).Before(since) {
			return false
		}
	}
	return true
}
