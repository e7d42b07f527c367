package mllp_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// TestBroken: what must be refused is a message of its own that can be
// acknowledged, with nothing in it.
func TestBroken(t *testing.T) {
	var s gateway.Breaker = dial(t, newPeer(t).URL())
	got := string(s.Broken(&gateway.Parcel{Body: []byte("MSH|^~\\&|A|B|C|D|20260101||SIU^S12^SIU_S12|SELFTEST123456789012|T|2.5.1\rSCH||1\rPID|1||7\r")}))
	if !strings.HasPrefix(got, "MSH|^~\\&|A|B|C|D|20260101||SIU^S12^SIU_S12|BROKEN") || strings.Count(got, "\r") != 1 || strings.Contains(got, "SCH") {
		t.Errorf("%q, want an MSH with another MSH-10, and no more segments", got)
	}
}

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
