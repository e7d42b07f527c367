package mllp

import (
	"context"

	"github.com/throughline/throughline/adapters/guard"
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
