package fhir

import (
	"math"
	"sync/atomic"
)

// Resource is one FHIR resource as it was sent. It is immutable and may be
// used by several goroutines.
type Resource struct {
	Type string // resourceType
	ID   string // logical id; empty when there is none
	JSON []byte // the text as sent; must not be changed

	root atomic.Pointer[Node] // nil until asked for, in a stamped resource
}

// Root is the resource's object. Its offsets are those of the document it was
// parsed from: an entry of a Bundle points into the Bundle's text.
func (r *Resource) Root() *Node {
	if r == nil {
		return nil
	}
	if n := r.root.Load(); n != nil {
		return n
	}
	n, issue := parseJSON(r.JSON, Limits{Bytes: math.MaxInt32, Depth: math.MaxInt32, Entries: math.MaxInt32})
	if issue != nil {
		return nil
	}
	r.root.CompareAndSwap(nil, n)
	return r.root.Load()
}

// Get looks an element up from the root: Get("period", "start").
func (r *Resource) Get(path ...string) *Node { return r.Root().Get(path...) }

// Entry is one entry of a Bundle, with its request when there is one.
type Entry struct {
	Index       int
	FullURL     string
	Method      string // request.method: GET, HEAD, POST, PUT, DELETE, PATCH
	URL         string // request.url
	IfMatch     string
	IfNoneMatch string
	IfNoneExist string
	IfModified  string    // request.ifModifiedSince, an instant
	Resource    *Resource // nil when the entry has none that can be used
}

// Entries lists the entries of a Bundle in order; none for any other type.
// Each resource shares the text and tree of the Bundle.
func (r *Resource) Entries() []Entry {
	if r == nil || r.Type != "Bundle" {
		return nil
	}
	list := r.Get("entry")
	entries := make([]Entry, 0, list.Len())
	for i, n := range list.Items() {
		request := n.Get("request")
		e := Entry{
			Index:       i,
			FullURL:     n.Get("fullUrl").Text(),
			Method:      request.Get("method").Text(),
			URL:         request.Get("url").Text(),
			IfMatch:     request.Get("ifMatch").Text(),
			IfNoneMatch: request.Get("ifNoneMatch").Text(),
			IfNoneExist: request.Get("ifNoneExist").Text(),
			IfModified:  request.Get("ifModifiedSince").Text(),
		}
		if inner := n.Get("resource"); inner != nil {
			e.Resource, _ = newResource(inner) // Validate reports what is wrong with it
		}
		entries = append(entries, e)
	}
	return entries
}
