package main

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/smartkey"
)

// publicKeys is the JWK set of every key that a partner's login signs with, the
// keys that wait their turn too.
func (a *App) publicKeys() []byte {
	var keys []smartkey.Key
	for _, p := range a.partners() {
		for _, e := range []*gateway.Endpoint{p.Deliver, p.TestDeliver} {
			if e == nil || e.Login == nil {
				continue
			}
			if found, err := smartkey.Parse(e.Login.Key, e.Login.KeyID); err == nil { // checked with the configuration
				keys = append(keys, found...)
			}
		}
	}
	return smartkey.PublicSet(keys)
}
