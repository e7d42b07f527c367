package pas

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// bundle is a Bundle of PAS with its entries by their names.
type bundle struct {
	*fhir.Resource
	entries []fhir.Entry
	byURL   map[string]*fhir.Entry
	byID    map[string]*fhir.Entry // Type/id
	issues  fhir.Issues
}

// open reads the entries of a Bundle.
func open(r *fhir.Resource) *bundle {
	b := &bundle{Resource: r, entries: r.Entries(), byURL: map[string]*fhir.Entry{}, byID: map[string]*fhir.Entry{}}
	for i := range b.entries {
		e := &b.entries[i]
		if e.FullURL != "" {
			b.byURL[e.FullURL] = e
		}
		if e.Resource != nil && e.Resource.ID != "" {
			b.byID[string(e.Resource.Ref())] = e
		}
	}
	return b
}

func (b *bundle) bad(code, path, found, allowed, fix string) {
	b.issues = append(b.issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix})
}

func entryPath(i int) string { return "Bundle.entry[" + strconv.Itoa(i) + "]" }

// resolve finds the entry that a reference in an entry names, by the rules of
// http://hl7.org/fhir/R4/bundle.html#references: relative ones are relative to
// the fullUrl they stand in; where that is no URL of REST, Type/id will do.
func (b *bundle) resolve(from *fhir.Entry, ref string) *fhir.Entry {
	ref, _, _ = strings.Cut(ref, "/_history/")
	ref, _, _ = strings.Cut(ref, "#")
	if e := b.byURL[ref]; e != nil {
		return e
	}
	typ, id, _, absolute := fhir.ParseRef(ref)
	if typ == "" || absolute {
		return nil
	}
	if base, ok := restBase(from); ok {
		return b.byURL[base+typ+"/"+id]
	}
	return b.byID[typ+"/"+id]
}

// restBase is the server of an entry whose fullUrl is base/Type/id.
func restBase(e *fhir.Entry) (string, bool) {
	if e.Resource == nil || strings.HasPrefix(e.FullURL, "urn:") {
		return "", false
	}
	typ, id, _, _ := fhir.ParseRef(e.FullURL)
	if typ == "" {
		return "", false
	}
	return strings.TrimSuffix(e.FullURL, typ+"/"+id), true
}

// follow finds the resource of a Reference element of an entry.
func (b *bundle) follow(from *fhir.Entry, reference *fhir.Node) *fhir.Entry {
	if ref := reference.Get("reference").Text(); ref != "" {
		return b.resolve(from, ref)
	}
	return nil
}

// identifiers are those of whoever a Reference names: of the resource in the
// Bundle, and of the Reference itself.
func (b *bundle) identifiers(from *fhir.Entry, reference *fhir.Node) []gateway.Identifier {
	var out []gateway.Identifier
	add := func(n *fhir.Node) {
		for _, id := range n.Items() {
			if v := id.Get("value").Text(); v != "" {
				out = append(out, gateway.Identifier{System: id.Get("system").Text(), Value: v})
			}
		}
	}
	if e := b.follow(from, reference); e != nil && e.Resource != nil {
		add(e.Resource.Get("identifier"))
		if e.Resource.Type == "PractitionerRole" {
			out = append(out, b.identifiers(e, e.Resource.Get("organization"))...)
			out = append(out, b.identifiers(e, e.Resource.Get("practitioner"))...)
		}
	}
	add(reference.Get("identifier"))
	return out
}

// first is the identifier of NPI, else the first.
func first(ids []gateway.Identifier) gateway.Identifier {
	for _, id := range ids {
		if id.System == gateway.NPI {
			return id
		}
	}
	if len(ids) > 0 {
		return ids[0]
	}
	return gateway.Identifier{}
}

// ext finds an extension by its URL.
func ext(n *fhir.Node, url string) *fhir.Node {
	for _, e := range n.Get("extension").Items() {
		if e.Get("url").Text() == url {
			return e
		}
	}
	return nil
}

// codeOf is the first code of a CodeableConcept.
func codeOf(concept *fhir.Node) gateway.Coded {
	for _, c := range concept.Get("coding").Items() {
		if code := c.Get("code").Text(); code != "" {
			return gateway.Coded{System: c.Get("system").Text(), Code: code, Display: c.Get("display").Text()}
		}
	}
	return gateway.Coded{}
}

func identifierOf(n *fhir.Node) gateway.Identifier {
	return gateway.Identifier{System: n.Get("system").Text(), Value: n.Get("value").Text()}
}
