package main

import (
	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/gateway"
)

// wires are the ways out, by the name that a partner's deliver.wire has.
func (a *App) wires() map[string]gateway.Wire {
	return map[string]gateway.Wire{
		"fhir": {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
			return fhirrest.New(p, a.serverOptions(p))
		}},
		"webhook": {Render: webhook.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
			return webhook.New(p, webhook.Options{})
		}},
		"pas":   a.pasWire(),
		"mllp":  a.mllpWire(),
		"files": a.fileWire(), "sftp": a.fileWire(),
		"link": a.linkWire(),
	}
}

// serverOptions are how a partner's FHIR server is spoken with.
func (a *App) serverOptions(p *gateway.Partner) fhirrest.Options {
	return fhirrest.Options{Remotes: a.Store, Notice: func(text string) { a.Log.Warn(text, "op", "metadata", "partner", p.ID) }}
}

// route plans what goes to whom.
func (a *App) route() *gateway.Route {
	return &gateway.Route{Store: a.Store, Leases: a.Store, Hints: a.Hints, Partners: a.partners, Holder: a.name, Log: a.Log}
}

// drain empties the lanes of this instance.
func (a *App) drain() *gateway.Drain {
	return &gateway.Drain{Outbox: a.Store, Hints: a.Hints, Partners: a.partners, Wires: a.wires(), Holder: a.name, Now: a.Store.Now, Log: a.Log}
}
