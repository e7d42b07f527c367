package api

import (
	"context"
	"net/http"

	"github.com/throughline/throughline/gateway"
)

// remove is DELETE /fhir/Type/id: the versions stay, a read says 410. Deleting
// twice is fine (http://hl7.org/fhir/R4/http.html#delete).
func (a *API) remove(ctx context.Context, c *call) (*reply, error) {
	version, err := versionOf(c.header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	ask := &gateway.Ask{Interaction: gateway.AskDelete, Type: c.typ, ID: c.id, IfMatch: version}
	out, err := a.send(ctx, c, ask, "", a.one(c.prefer.Return))
	if err == nil {
		return out, nil
	}
	switch gateway.FaultOf(err).Code {
	case gateway.Gone:
		return &reply{status: http.StatusNoContent}, nil
	case gateway.NotFound:
		return nil, notFound()
	}
	return nil, err
}

// deleteWhere is DELETE /fhir/Type?criteria for one match; none is as good as
// done, several give 412.
func (a *API) deleteWhere(ctx context.Context, c *call) (*reply, error) {
	where, err := criteria(c.typ, c.query)
	if err != nil {
		return nil, err
	}
	ask := &gateway.Ask{Interaction: gateway.AskDelete, Type: c.typ, Where: where}
	out, err := a.send(ctx, c, ask, "", a.one(c.prefer.Return))
	if err != nil {
		if code := gateway.FaultOf(err).Code; code == gateway.NotFound || code == gateway.Gone {
			return &reply{status: http.StatusNoContent}, nil
		}
		return nil, err
	}
	return out, nil
}
