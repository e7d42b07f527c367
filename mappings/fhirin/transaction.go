package fhirin

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// Transaction maps a Bundle of type transaction: all entries, in order, or none
// (http://hl7.org/fhir/R4/http.html#transaction).
func Transaction(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return bundle(m, p, "transaction", transactionEntry, repeated)
}

// Collection maps a Bundle of type collection: each entry creates or updates
// the resource that the sender knows by the same id. Of several entries of one
// id (versions, or servers that use the same id) the last is that resource, and
// the others are kept as resources of their own.
func Collection(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return bundle(m, p, "collection", collectionEntry, separate)
}

type entryMapping func(p *gateway.Partner, e fhir.Entry) (gateway.Change, *fhir.Issue)

// uniqueness judges the changes of the bundle together; parallel to entries.
type uniqueness func(changes []gateway.Change, entries []int) fhir.Issues

func bundle(m *gateway.Message, p *gateway.Partner, typ string, entry entryMapping, unique uniqueness) (*gateway.Mapped, error) {
	r, issues := fhir.Parse(m.Body, fhir.Limits{})
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	if r.Type != "Bundle" || r.Get("type").Text() != typ {
		return &gateway.Mapped{Issues: fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeValue, Path: "Bundle.type", Found: "another resource or type",
			Allowed: "a Bundle of type " + typ, Fix: "send it to the URL of its type"}}}, nil
	}
	changes, issues := changesOf(r, p, entry, unique)
	if issues.Errors() {
		return &gateway.Mapped{Issues: issues}, nil
	}
	return project(m, p, changes, issues), nil
}

// Kept are the changes that keep the resources of a collection as its sender's
// own; nothing is read out of them.
func Kept(r *fhir.Resource, p *gateway.Partner) ([]gateway.Change, fhir.Issues) {
	return changesOf(r, p, collectionEntry, separate)
}

func changesOf(r *fhir.Resource, p *gateway.Partner, entry entryMapping, unique uniqueness) (changes []gateway.Change, issues fhir.Issues) {
	var entries []int
	for _, e := range r.Entries() {
		c, issue := entry(p, e)
		if issue != nil {
			issue.Path = join(entryPath(e.Index), issue.Path)
			issues = append(issues, *issue)
			continue
		}
		changes, entries = append(changes, c), append(entries, e.Index)
	}
	return changes, append(issues, unique(changes, entries)...)
}

func entryPath(index int) string { return "Bundle.entry[" + strconv.Itoa(index) + "]" }

func join(path, name string) string {
	if name == "" {
		return path
	}
	return path + "." + name
}

// repeated refuses one identity twice: R4 says that a transaction with it must
// fail, and real servers have lost one of the two (hapi-fhir#8183).
func repeated(changes []gateway.Change, entries []int) (issues fhir.Issues) {
	seen := map[string]bool{}
	for i, c := range changes {
		names := []string{c.FullURL}
		if c.ID != "" {
			names = append(names, c.Type+"/"+c.ID)
		}
		again := false
		for _, name := range names {
			again = again || name != "" && seen[name]
			seen[name] = true
		}
		if again {
			issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeInvariant, Path: entryPath(entries[i]),
				Found: "the identity of an earlier entry", Allowed: "each resource once in a Bundle", Fix: "remove one of the two entries"})
		}
	}
	return issues
}

// separate gives all but the last of several entries of one id a key of their
// own: where they came from and which version they are.
func separate(changes []gateway.Change, entries []int) fhir.Issues {
	seen := map[string]bool{}
	for i := len(changes) - 1; i >= 0; i-- {
		c := &changes[i]
		if c.Op != gateway.Upsert {
			continue
		}
		name := c.Type + "|" + c.Key.System + "|" + c.Key.Value
		if seen[name] {
			version := c.Resource.Get("meta", "versionId").Text()
			c.Key.Value += " of " + c.FullURL + " version " + version + " entry " + strconv.Itoa(entries[i])
			c.FullURL += "/_history/" + version
			c.SourceID = ""
		}
		seen[name] = true
	}
	return nil
}

// transactionEntry reads request.method and request.url.
func transactionEntry(_ *gateway.Partner, e fhir.Entry) (gateway.Change, *fhir.Issue) {
	path, query, conditional := strings.Cut(e.URL, "?")
	typ, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c := gateway.Change{Type: typ, ID: id, FullURL: e.FullURL, Resource: e.Resource, IfMatch: version(e.IfMatch)}
	if conditional {
		where, issues := search.ParseIfNoneExist(typ, query)
		if issues.Errors() {
			return c, at(issues[0], "request.url")
		}
		c.Where = where
	}
	switch e.Method {
	case http.MethodPost:
		return create(c, e)
	case http.MethodPut:
		c.Op = gateway.Update
	case http.MethodDelete:
		c.Op, c.Resource = gateway.Delete, nil
		return c, needTarget(c)
	default:
		return c, &fhir.Issue{Severity: fhir.Error, Code: "not-supported", Path: "request.method", Found: "another method", Allowed: "POST, PUT or DELETE", Fix: "send reads and patches on their own"}
	}
	if issue := needTarget(c); issue != nil {
		return c, issue
	}
	return c, needResource(c)
}

func create(c gateway.Change, e fhir.Entry) (gateway.Change, *fhir.Issue) {
	c.Op = gateway.Create
	if issue := needResource(c); issue != nil {
		return c, issue
	}
	if c.ID != "" || c.Where != nil {
		return c, &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Path: "request.url", Found: "POST to more than a type", Allowed: "POST to the type, with ifNoneExist for a condition", Fix: "use PUT, or the type alone"}
	}
	if e.IfNoneExist != "" {
		where, issues := search.ParseIfNoneExist(c.Type, e.IfNoneExist)
		if issues.Errors() {
			return c, at(issues[0], "request.ifNoneExist")
		}
		c.Where = where
	}
	return c, nil
}

func at(i fhir.Issue, path string) *fhir.Issue {
	i.Path = path
	return &i
}

func needTarget(c gateway.Change) *fhir.Issue {
	if c.ID != "" || c.Where != nil {
		return nil
	}
	return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Path: "request.url", Found: "a type alone", Allowed: "Type/id, or Type?criteria", Fix: "name the resource"}
}

func needResource(c gateway.Change) *fhir.Issue {
	if c.Resource == nil {
		return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: "resource", Found: "nothing that can be read", Allowed: "a resource", Fix: "add the resource"}
	}
	if issue := wrongTarget(c); issue != nil {
		issue.Path = "resource"
		return issue
	}
	return nil
}

// version reads W/"3"; 0 means not stated.
func version(etag string) int64 {
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// collectionEntry keys a resource by the sender's own id of it; one that has
// none, by its first identifier; else it is new each time.
func collectionEntry(p *gateway.Partner, e fhir.Entry) (gateway.Change, *fhir.Issue) {
	c := gateway.Change{Op: gateway.Upsert, FullURL: e.FullURL, Resource: e.Resource}
	if e.Resource == nil {
		return c, needResource(c)
	}
	c.Type = e.Resource.Type
	if c.SourceID = sourceID(e); c.SourceID != "" {
		c.Key = gateway.Identifier{System: codes.Own(string(p.ID), "fhir"), Value: c.SourceID}
		if c.FullURL == "" {
			c.FullURL = c.SourceID
		}
		return c, nil
	}
	for _, id := range e.Resource.Get("identifier").Items() {
		if value := id.Get("value").Text(); value != "" {
			c.Key = gateway.Identifier{System: codes.Own(string(p.ID), "identifier") + ":" + id.Get("system").Text(), Value: value}
			return c, nil
		}
	}
	c.Op = gateway.Create
	return c, nil
}

// sourceID is Type/id as the sender knows it, from the resource or its fullUrl.
func sourceID(e fhir.Entry) string {
	if e.Resource.ID != "" {
		return e.Resource.Type + "/" + e.Resource.ID
	}
	if typ, id, _, _ := fhir.ParseRef(e.FullURL); typ == e.Resource.Type {
		return typ + "/" + id
	}
	return ""
}
