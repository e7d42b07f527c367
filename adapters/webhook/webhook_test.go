package webhook_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func secretText(fill string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fill, 32)))
}

func open(t *testing.T, url string, now func() time.Time, secrets ...string) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(&gateway.Partner{Deliver: &gateway.Endpoint{URL: url, Secrets: secrets, Timeout: 10 * time.Second}}, webhook.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func delivery(n int) *gateway.Delivery {
	return &gateway.Delivery{Key: fmt.Sprint("key-", n), Message: "m1", Items: []gateway.Item{{Type: "CarePlan", ID: "c1", Version: 3, Verb: gateway.Updated}, {Type: "Goal", ID: "g1", Version: 1, Verb: gateway.Deleted}},
		Resources: []*fhir.Resource{{Type: "CarePlan", ID: "c1", JSON: []byte(`{"title":"CANARY"}`)}, nil}}
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Wire{
		Name: "webhook", New: func(t *testing.T, url string) gateway.Sender { return open(t, url, nil, secretText("a")) },
		Parcel: func(n int) *gateway.Parcel {
			p, err := webhook.Render(delivery(n), nil)
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Key: func(r *http.Request) string { return r.Header.Get("webhook-id") },
	})
}

func TestPayloadNamesRecordsAndHoldsNone(t *testing.T) {
	p, err := webhook.Render(delivery(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"throughline.records.changed","data":{"message":"m1","records":[{"type":"CarePlan","id":"c1","version":3,"change":"updated"},{"type":"Goal","id":"g1","version":1,"change":"deleted"}]}}`
	if string(p.Body) != want {
		t.Errorf("%s\nwant %s", p.Body, want)
	}
}

// The vector of the Standard Webhooks reference libraries.
func TestSignatureOfTheReference(t *testing.T) {
	secret, err := webhook.Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := webhook.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSecretsRotateWithoutAGap(t *testing.T) {
	at := time.Unix(1700000000, 0)
	var id, timestamp, signatures, body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		id, timestamp, signatures, body = r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"), string(b)
	}))
	defer srv.Close()
	p, _ := webhook.Render(delivery(1), nil)
	if _, err := open(t, srv.URL, func() time.Time { return at }, secretText("n"), secretText("o")).Send(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if id != "key-1" || timestamp != "1700000000" || len(strings.Fields(signatures)) != 2 {
		t.Fatalf("%q %q %q", id, timestamp, signatures)
	}
	key := func(fill string) [][]byte { return [][]byte{[]byte(strings.Repeat(fill, 32))} }
	for _, c := range []struct {
		name  string
		keys  [][]byte
		body  string
		now   time.Time
		valid bool
	}{
		{"receiver with the new secret", key("n"), body, at, true},
		{"receiver with the old secret", key("o"), body, at.Add(time.Minute), true},
		{"another secret", key("x"), body, at, false},
		{"changed body", key("n"), body + " ", at, false},
		{"too old", key("n"), body, at.Add(6 * time.Minute), false},
		{"from the future", key("n"), body, at.Add(-6 * time.Minute), false},
	} {
		if got := webhook.Verify(c.keys, id, timestamp, signatures, []byte(c.body), c.now); got != c.valid {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if webhook.Verify(key("n"), id, "soon", signatures, []byte(body), at) {
		t.Error("a timestamp that is none was accepted")
	}
}

func TestBadEndpoints(t *testing.T) {
	for _, e := range []gateway.Endpoint{{URL: "https://h"}, {URL: "https://h", Secrets: []string{"whsec_c2hvcnQ="}}, {URL: "https://h", Secrets: []string{"whsec_%"}}, {URL: "https://h", Secrets: []string{"short"}},
		{URL: "http://h", Secrets: []string{secretText("a")}}} {
		if _, err := webhook.New(&gateway.Partner{Deliver: &e}, webhook.Options{}); err == nil {
			t.Errorf("%+v was accepted", e)
		}
	}
}
