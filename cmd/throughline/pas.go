package main

import (
	"context"

	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/adapters/subscriber"
	"github.com/throughline/throughline/gateway"
)

// pasWire asks payers by Da Vinci PAS; what they answer comes in by our own door.
func (a *App) pasWire() gateway.Wire {
	return gateway.Wire{Render: pas.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		return pas.New(p, pas.Options{Receive: func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
			return a.Gateway.Receive(ctx, m, func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
		}})
	}}
}

// notifier tells subscribers what became of their pended requests.
func (a *App) notifier(base string) *subscriber.Service {
	return &subscriber.Service{Store: a.Store, Hints: a.Hints, Partners: a.partner, Base: base, Networks: a.Config.Server.SubscriptionNetworks,
		Holder: a.name, Now: a.Store.Now, Log: a.Log}
}
