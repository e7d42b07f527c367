package files

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
)

// TestProbe: a folder that is there is reached and stays as it is; one that is
// not is Busy.
func TestProbe(t *testing.T) {
	eachWire(t, func(t *testing.T, to gateway.Endpoint, _ *sftptest.Server) {
		var s gateway.Prober = sender(t, to)
		if err := s.Probe(t.Context()); err != nil {
			t.Error(err)
		}
		if list, err := os.ReadDir(to.Path); err != nil || len(list) > 0 {
			t.Errorf("%d entries, %v", len(list), err)
		}
		to.Path = filepath.Join(to.Path, "absent")
		if err := sender(t, to).Probe(t.Context()); gateway.FaultOf(err).Code != gateway.Busy {
			t.Errorf("absent: %v", err)
		}
	})
}
