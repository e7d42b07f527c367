package main

import (
	"context"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// SelfTest tries a partner's wires with test data.
func (d desk) SelfTest(ctx context.Context, id gateway.PartnerID) ([]console.Check, error) {
	return nil, gateway.Faultf("console", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "no self-test"})
}
