package api

import (
	"context"
	"net/http"

	"github.com/throughline/throughline/gateway"
)

// update is PUT /fhir/Type/id (http://hl7.org/fhir/R4/http.html#update). Ids are
// given by the server, so a PUT to an id it does not know is refused; a sender
// with keys of its own uses PUT /fhir/Type?identifier=..., see updateWhere.
func (a *API) update(ctx context.Context, c *call) (*reply, error) {
	version, err := versionOf(c.header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	ask := &gateway.Ask{Interaction: gateway.AskUpdate, Type: c.typ, ID: c.id, IfMatch: version}
	out, err := a.send(ctx, c, ask, "", a.one(c.prefer.Return))
	if err != nil && gateway.FaultOf(err).Code == gateway.NotFound {
		return nil, withStatus(http.StatusMethodNotAllowed, gateway.NotSupported, issue("not-supported", "",
			"an id that this server has not given, or that is not yours", "PUT to ids from a Location of this server",
			"POST to create; or PUT with criteria, /fhir/"+c.typ+"?identifier=SYSTEM|VALUE, to create or update by your own key"), "GET", "DELETE")
	}
	return out, err
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
