package api

import (
	"context"
	_ "embed"
	"net/http"
)

//go:embed openapi.yaml
var openapiYAML []byte

// openapi is GET /v1/openapi.yaml.
func (a *API) openapi(context.Context, *call) (*reply, error) {
	return &reply{status: http.StatusOK, media: mediaYAML, body: openapiYAML}, nil
}
