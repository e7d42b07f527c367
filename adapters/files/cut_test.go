package files

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
)

// cutAt lets a server end the connection at the n-th request from now on: before
// the request is done, or after, when it is not known to the client.
func cutAt(s *sftptest.Server, n int64, deed sftptest.Deed) (reached *atomic.Bool) {
	var seen atomic.Int64
	reached = &atomic.Bool{}
	s.Meet(func(context.Context, sftptest.Request) sftptest.Deed {
		if seen.Add(1) != n {
			return sftptest.Serve
		}
		reached.Store(true)
		return deed
	})
	return reached
}

// deeds are the ways in which a connection ends.
var deeds = map[string]sftptest.Deed{"before": sftptest.Cut, "after": sftptest.Lose}

// TestSendingIsCutAtEveryRequest: whatever request of a delivery is the last one
// of a connection, the next try ends with one whole file and its manifest.
func TestSendingIsCutAtEveryRequest(t *testing.T) {
	for name, deed := range deeds {
		t.Run(name, func(t *testing.T) {
			server := sftptest.New(t)
			cut := 0
			for n := int64(1); ; n++ {
				to := gateway.Endpoint{Wire: "sftp", Path: t.TempDir(), SSH: &server.SSH}
				reached := cutAt(server, n, deed)
				_, err := sender(t, to).Send(context.Background(), parcel(1))
				if !reached.Load() {
					break
				}
				if cut++; err != nil && gateway.FaultOf(err).Code != gateway.Busy {
					t.Errorf("cut at %d: %v, want busy", n, err)
				}
				server.Meet(nil)
				if _, err := sender(t, to).Send(context.Background(), parcel(1)); err != nil {
					t.Fatalf("after a cut at %d: %v", n, err)
				}
				wantFiles(t, to.Path, n)
			}
			if cut < 8 {
				t.Errorf("cut at %d requests; a delivery makes more", cut)
			}
		})
	}
}

// wantFiles checks that a folder holds the delivery, its manifest and nothing else.
func wantFiles(t *testing.T, dir string, n int64) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 || list[0].Name() != "key-1.json" || list[1].Name() != "key-1.json.manifest" {
		t.Fatalf("after a cut at %d: %v %v", n, list, err)
	}
	if body, err := os.ReadFile(dir + "/key-1.json"); err != nil || string(body) != string(parcel(1).Body) {
		t.Errorf("after a cut at %d: %q %v", n, body, err)
	}
}

// TestPickupIsCutAtEveryRequest: whatever request of a look is the last one of
// its connection, the next look ends with every row in the ledger once, the file
// in the archive and its answers whole.
func TestPickupIsCutAtEveryRequest(t *testing.T) {
	for name, deed := range deeds {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			server := sftptest.New(t)
			w.ssh = &server.SSH
			p := w.pickup("one", "rename")
			cut := 0
			for n := int64(1); ; n++ {
				w.drop(fmt.Sprintf("f%d.csv", n), strings.ReplaceAll(services(2, 1), "L-", fmt.Sprintf("C%d-", n)))
				reached := cutAt(server, n, deed)
				err := p.Once(context.Background())
				if reached.Load() {
					cut++
				} else if err != nil {
					t.Fatal(err)
				}
				if err != nil && gateway.FaultOf(err).Code != gateway.Busy {
					t.Errorf("cut at %d: %v, want busy", n, err)
				}
				server.Meet(nil)
				w.once(p)
				if in, done := w.messages(), len(w.names("archive")); in != int(n) || done != int(n) || len(w.names("in")) != 0 {
					t.Fatalf("after a cut at %d: %d rows in, %d files archived, %q left", n, in, done, w.names("in"))
				}
				if !reached.Load() {
					break
				}
			}
			for _, name := range w.names("out") {
				if strings.HasPrefix(name, ".tmp-") {
					t.Errorf("%s is left over", name)
				}
			}
			if cut < 15 {
				t.Errorf("cut at %d requests; a look makes more", cut)
			}
		})
	}
}
