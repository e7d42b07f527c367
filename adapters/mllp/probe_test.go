package mllp_test

import (
	"testing"

	"github.com/throughline/throughline/gateway"
)

// TestProbe: a receiver that is there is reached and gets no message; one that is
// away is Busy.
func TestProbe(t *testing.T) {
	p := newPeer(t)
	var s gateway.Prober = dial(t, p.URL())
	if err := s.Probe(t.Context()); err != nil || len(p.Tries()) > 0 {
		t.Errorf("%v, %d messages", err, len(p.Tries()))
	}
	gone := newPeer(t)
	s = dial(t, gone.URL())
	gone.stop()
	err := s.Probe(t.Context())
	gone.start() // its cleanup stops it again
	if gateway.FaultOf(err).Code != gateway.Busy {
		t.Errorf("away: %v", err)
	}
}
