package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
)

// hookConfig is a partner in the middle of a change of secrets: the new one
// first, the old one as long as the partner still has it.
const hookConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}
programs: {packs: [wraparound]}
partners:
  - id: ehr
    name: An EHR
    kind: ehr
    npi: ["1999900057"]
    wants: [{types: [Task]}]
    deliver: {wire: webhook, url: URL, secrets: [env:NEW_SECRET, env:OLD_SECRET]}
`

// A secret is changed without a gap: what is sent by a configuration of two is
// taken by a receiver that has the old one, by one that has the new one, and by
// none that has neither.
func TestWebhookSecretsAreRotated(t *testing.T) {
	const fresh, old, strange = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3", "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk", "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhl"
	for name, c := range map[string]struct {
		has   string
		taken bool
	}{"the old one": {old, true}, "the new one": {fresh, true}, "another": {strange, false}} {
		receiver := demo.NewHookServer([]string{c.has})
		srv := httptest.NewServer(http.HandlerFunc(receiver.ServeHTTP))
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(hookConfig, "URL", srv.URL, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, problems := config.Load(config.Input{Paths: []string{path}, Env: map[string]string{"NEW_SECRET": fresh, "OLD_SECRET": old}})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		sender, err := webhook.New(cfg.Partner("ehr"), webhook.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d := &gateway.Delivery{Key: "k1", Message: "m1", Items: []gateway.Item{{Type: "Task", ID: "t1", Version: 1, Verb: gateway.Created}}}
		parcel, err := webhook.Render(d, cfg.Partner("ehr"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err = sender.Send(ctx, parcel)
		if cancel(); (err == nil) != c.taken {
			t.Errorf("a receiver that has %s: %v", name, err)
		}
		arrivals, _ := receiver.Arrivals()
		if c.taken && (len(arrivals) != 1 || arrivals[0].Refs[0] != "Task/t1") || !c.taken && len(arrivals) > 0 {
			t.Errorf("a receiver that has %s was told %+v", name, arrivals)
		}
		sender.Close()
		srv.Close()
	}
}
