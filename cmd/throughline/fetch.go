package main

import (
	"fmt"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/gateway"
)

// fetches ask partners' FHIR servers for what changed there.
func (a *App) fetches() ([]gateway.Service, error) {
	var out []gateway.Service
	for _, p := range a.partners() {
		if p.Poll != nil && p.Deliver != nil {
			poller, err := fhirrest.NewPoller(p, a.serverOptions(p), a.Store, a.Gateway, a.Store, a.name)
			if err != nil {
				return nil, fmt.Errorf("partner %s: %w", p.ID, err)
			}
			out = append(out, poller)
		}
		if p.Export != nil && p.Deliver != nil {
			exporter, err := fhirrest.NewExporter(p, a.serverOptions(p), a.Store, a.Gateway, a.Store, a.name)
			if err != nil {
				return nil, fmt.Errorf("partner %s: %w", p.ID, err)
			}
			out = append(out, exporter)
		}
	}
	return out, nil
}
