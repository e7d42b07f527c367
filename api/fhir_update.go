package api

import (
	"context"
	"net/http"

	"github.com/throughline/throughline/gateway"
)

// update is PUT /fhir/Type/id (http://hl7.org/fhir/R4/http.html#update): by our
// id, or by the sender's own. An id that is no resource the sender may see is its
// own name for a new one: 201, and Location has the id that the server gave it.
// What is another's and what is absent are the same here too.
func (a *API) update(ctx context.Context, c *call) (*reply, error) {
	version, err := versionOf(c.header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	ask := &gateway.Ask{Interaction: gateway.AskUpdate, Type: c.typ, ID: c.id, IfMatch: version}
	return a.send(ctx, c, ask, "", a.one(c.prefer.Return))
}

// updateWhere is PUT /fhir/Type?criteria: none match creates, one is updated,
// several give 412 (http://hl7.org/fhir/R4/http.html#cond-update).
func (a *API) updateWhere(ctx context.Context, c *call) (*reply, error) {
	where, err := criteria(c.typ, c.query)
	if err != nil {
		return nil, err
	}
	version, err := versionOf(c.header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	ask := &gateway.Ask{Interaction: gateway.AskUpdate, Type: c.typ, Where: where, IfMatch: version}
	return a.send(ctx, c, ask, "", a.one(c.prefer.Return))
}

// patch is not served: the whole resource keeps its validation and provenance.
func (a *API) patch(context.Context, *call) (*reply, error) {
	return nil, withStatus(http.StatusMethodNotAllowed, gateway.NotSupported, issue("not-supported", "", "PATCH",
		"PUT with the whole resource", "read it, change it, PUT it with If-Match"), "GET", "PUT", "DELETE")
}
