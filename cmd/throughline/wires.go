package main

import (
	"maps"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/gateway"
)

// wires are the ways out, by the name that a partner's deliver.wire has.
var wires = map[string]gateway.Wire{
	"fhir": {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		return fhirrest.New(p, fhirrest.Options{})
	}},
	"webhook": {Render: webhook.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		return webhook.New(p, webhook.Options{})
	}},
	"mllp": {Render: renderMLLP, Dial: dialMLLP},
}

// route plans what goes to whom.
func (a *App) route() *gateway.Route {
	return &gateway.Route{Store: a.Store, Leases: a.Store, Hints: a.Hints, Partners: a.partners, Holder: a.name, Log: a.Log}
}

// drain empties the lanes of this instance.
func (a *App) drain() *gateway.Drain {
	wires := maps.Clone(wires)
	wires["files"], wires["sftp"] = a.fileWire(), a.fileWire()
	return &gateway.Drain{Outbox: a.Store, Hints: a.Hints, Partners: a.partners, Wires: wires, Holder: a.name, Now: a.Store.Now, Log: a.Log}
}
