package pas_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A payer without a mapping: what is tested is the way to it.
func open(t *testing.T, url string, receive gateway.Receiver) *pas.Sender {
	t.Helper()
	s, err := pas.New(&gateway.Partner{ID: "mco-a", Deliver: &gateway.Endpoint{Wire: "pas", URL: url, Token: "t0", Timeout: 10 * time.Second}}, pas.Options{Receive: receive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func takes(state gateway.State) gateway.Receiver {
	return func(_ context.Context, m *gateway.Message) (*gateway.Receipt, error) {
		m.ID = "m1"
		return &gateway.Receipt{Message: m, State: state}, nil
	}
}

func parcel(n int) *gateway.Parcel {
	return &gateway.Parcel{Key: fmt.Sprint("key-", n), Kind: "pas", Method: http.MethodPost, Path: "Claim/$submit", Body: fmt.Appendf(nil, `{"resourceType":"Bundle","id":"b%d"}`, n)}
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Wire{Name: "PAS", Parcel: parcel, Reads: true,
		New: func(t *testing.T, url string) gateway.Sender { return open(t, url, takes(gateway.Accepted)) },
		Key: func(r *http.Request) string { return r.Header.Get("Idempotency-Key") },
	})
}

// TestAnswerThatCannotBeTakenIn: the payer has answered, and its word waits for a
// person or the ledger is away: the delivery is not done.
func TestAnswerThatCannotBeTakenIn(t *testing.T) {
	busy := func(context.Context, *gateway.Message) (*gateway.Receipt, error) {
		return nil, gateway.Faultf("commit", gateway.Busy, fhir.Issue{Code: "transient"})
	}
	for want, receive := range map[gateway.Code]gateway.Receiver{gateway.Unmapped: takes(gateway.Held), gateway.Busy: busy} {
		peer := adaptertest.NewHTTPPeer(t, func(r *http.Request) string { return r.Header.Get("Idempotency-Key") })
		if _, err := open(t, peer.URL(), receive).Send(context.Background(), parcel(1)); gateway.FaultOf(err).Code != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
