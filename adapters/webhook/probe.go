package webhook

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Probe asks with HEAD whether the receiver answers at all. Whatever status it
// gives is an answer; a signature is only tried by sending.
func (s *Sender) Probe(ctx context.Context) error {
	a, err := s.client.Do(ctx, "HEAD", "", nil, nil)
	if a != nil && a.Status > 0 && gateway.FaultOf(err).Code != gateway.Busy {
		return nil
	}
	return err
}
