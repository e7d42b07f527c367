package files

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Probe logs in where there is a server, and looks whether the folder is there
// and may be read. Whether it may be written is only shown by sending.
func (s *Sender) Probe(ctx context.Context) error {
	dirs, err := s.dial(ctx, s.to.SSH)
	if err != nil {
		return worded(err)
	}
	defer dirs.Close()
	_, err = dirs.List(s.to.Path)
	return worded(err)
}

// Broken is nil: a folder takes whatever is put into it.
func (s *Sender) Broken(*gateway.Parcel) []byte { return nil }
