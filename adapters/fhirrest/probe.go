package fhirrest

import "context"

// Probe reads the receiver's metadata with our credentials: it shows that the
// server answers, that a token is given, and that both are taken.
func (s *Sender) Probe(ctx context.Context) error {
	_, _, err := s.get(ctx, "metadata")
	return err
}
