package mllp

import (
	"context"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// Probe connects and, over TLS, shows our certificate; no message is sent. The
// connection is kept for the first one.
func (s *Sender) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	select {
	case s.place <- struct{}{}:
		defer func() { <-s.place }()
	case <-ctx.Done():
		return guard.NoAnswer(ctx.Err())
	}
	if err := s.dial(ctx); err != nil {
		s.hangUp()
		return guard.NoAnswer(err)
	}
	return nil
}

// Broken is a message with an MSH-10 of its own and nothing behind MSH, which a
// receiver answers with AE or AR (HL7 v2 2.9.2.2).
func (s *Sender) Broken(p *gateway.Parcel) []byte {
	m, err := hl7v2.Parse(p.Body, hl7v2.Limits{})
	if err != nil {
		return nil
	}
	m.Segments = m.Segments[:1]
	control := m.Header().Control
	m.First("MSH").Put(10, "BROKEN"+control[max(0, len(control)-14):])
	return m.Encode()
}
