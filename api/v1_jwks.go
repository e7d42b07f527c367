package api

import (
	"context"
	"net/http"
)

// jwks is GET /v1/jwks.json: the public keys with which the gateway proves who it
// is to partners' authorization servers. They register its URL, and so learn of a
// new key by themselves (SMART Backend Services, "Registering a client").
func (a *API) jwks(context.Context, *call) (*reply, error) {
	keys := a.Keys
	if keys == nil {
		keys = []byte(`{"keys":[]}`)
	}
	return &reply{status: http.StatusOK, media: mediaJSON, body: keys}, nil
}
