package fhirin

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Projected reads facts and relations out of the resources that another mapping
// made, as if they had been sent as FHIR.
func Projected(m *gateway.Message, p *gateway.Partner, changes []gateway.Change, issues fhir.Issues) *gateway.Mapped {
	return project(m, p, changes, issues)
}
