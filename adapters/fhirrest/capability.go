package fhirrest

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Capabilities are what a server's metadata says that it can do, as far as we
// ask (http://hl7.org/fhir/R4/capabilitystatement.html).
type Capabilities struct {
	Transaction bool
	Types       map[string]Support
}

// Support is what a server does with one resource type.
type Support struct {
	Interactions      []string // read, create, update, delete, search-type ...; empty = it does not say
	UpdateCreate      bool     // PUT to an id it does not know creates
	ConditionalCreate bool     // If-None-Exist
	Versioning        string   // no-version, versioned, versioned-update; empty = it does not say
	Params            []string // search parameters; empty = it does not say
}

// Does says whether an interaction is supported; a server that lists none for a
// type is taken at its word that it has the type.
func (s Support) Does(interaction string) bool {
	return len(s.Interactions) == 0 || slices.Contains(s.Interactions, interaction)
}

// Searches says whether a search parameter is supported.
func (s Support) Searches(param string) bool {
	return len(s.Params) == 0 || slices.Contains(s.Params, param)
}

// ParseCapabilities reads a CapabilityStatement of an R4 server.
func ParseCapabilities(text []byte) (*Capabilities, error) {
	r, _ := fhir.Parse(text, fhir.Limits{Bytes: maxPage})
	if r == nil || r.Type != "CapabilityStatement" {
		return nil, metadataFault("something else than a CapabilityStatement", "check deliver.url: it is the base of a FHIR server")
	}
	if v := r.Get("fhirVersion").Text(); v != "" && !strings.HasPrefix(v, "4.0") {
		return nil, metadataFault("FHIR "+v, "ask the partner for its R4 (4.0.1) endpoint")
	}
	c := &Capabilities{Types: map[string]Support{}}
	for _, rest := range r.Get("rest").Items() {
		if mode := rest.Get("mode").Text(); mode != "" && mode != "server" {
			continue
		}
		c.Transaction = c.Transaction || slices.Contains(codesOf(rest.Get("interaction"), "code"), "transaction")
		for _, n := range rest.Get("resource").Items() {
			c.Types[n.Get("type").Text()] = Support{
				Interactions: codesOf(n.Get("interaction"), "code"), UpdateCreate: n.Get("updateCreate").Text() == "true",
				ConditionalCreate: n.Get("conditionalCreate").Text() == "true", Versioning: n.Get("versioning").Text(),
				Params: codesOf(n.Get("searchParam"), "name"),
			}
		}
	}
	return c, nil
}

func codesOf(list *fhir.Node, element string) (out []string) {
	for _, n := range list.Items() {
		out = append(out, n.Get(element).Text())
	}
	slices.Sort(out)
	return out
}

// metadataFor is how long metadata is believed before it is read again.
const metadataFor = 24 * time.Hour

// capabilities reads the metadata on connect and once a day, and gives notice of
// a change: deliveries that waited for a person may go now, or stop to go.
func (s *server) capabilities(ctx context.Context) (*Capabilities, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.can != nil && s.now().Sub(s.readAt) < metadataFor {
		return s.can, nil
	}
	_, text, err := s.do(ctx, http.MethodGet, "metadata", map[string]string{"Accept": mediaType}, nil, maxPage)
	if err == nil {
		var fresh *Capabilities
		if fresh, err = ParseCapabilities(text); err == nil {
			if s.can != nil && !reflect.DeepEqual(s.can, fresh) {
				s.notice("the receiver's metadata changed: " + s.can.changes(fresh))
			}
			s.can, s.readAt = fresh, s.now()
			return fresh, nil
		}
	}
	if s.can != nil {
		s.readAt = s.now().Add(time.Hour - metadataFor) // the old word stands; ask again in an hour
		s.notice("the receiver's metadata cannot be read again")
		return s.can, nil
	}
	if f := gateway.FaultOf(err); f.Code == gateway.NotFound || f.Code == gateway.Gone {
		return nil, metadataFault("no /metadata", "check deliver.url: it is the base of a FHIR server")
	}
	return nil, err
}

// changes names the types that changed.
func (c *Capabilities) changes(to *Capabilities) string {
	var out []string
	if c.Transaction != to.Transaction {
		out = append(out, fmt.Sprintf("transaction %t", to.Transaction))
	}
	for typ, old := range c.Types {
		if now, ok := to.Types[typ]; !ok {
			out = append(out, typ+" is gone")
		} else if !reflect.DeepEqual(old, now) {
			out = append(out, typ)
		}
	}
	for typ := range to.Types {
		if _, ok := c.Types[typ]; !ok {
			out = append(out, typ+" is new")
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// need is the fault of a receiver that does not do what a delivery needs, nil
// when it does.
func (c *Capabilities) need(typ, interaction string) error {
	s, ok := c.Types[typ]
	if ok && s.Does(interaction) {
		return nil
	}
	found := typ + ", which the receiver's metadata does not list"
	if ok {
		found = interaction + " of " + typ + ", which the receiver's metadata does not list"
	}
	return metadataFault(found, "take the type out of the partner's wants and skip the delivery, or ask the partner to support it and release it")
}

func metadataFault(found, mend string) error {
	return gateway.Faultf("metadata", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: found, Fix: mend})
}
