package files

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
)

func parcel(n int) *gateway.Parcel {
	key := "key-" + strconv.Itoa(n)
	return &gateway.Parcel{Delivery: gateway.DeliveryID("d" + strconv.Itoa(n)), Key: key, Path: key + ".json", Body: []byte(`{"n": ` + strconv.Itoa(n) + `}`), Header: map[string]string{"Records": "1"}}
}

// eachWire runs a body with a sender's endpoint on a local folder and over SFTP.
func eachWire(t *testing.T, f func(t *testing.T, to gateway.Endpoint, server *sftptest.Server)) {
	t.Run("files", func(t *testing.T) { f(t, gateway.Endpoint{Wire: "files", Path: t.TempDir()}, nil) })
	t.Run("sftp", func(t *testing.T) {
		s := sftptest.New(t)
		f(t, gateway.Endpoint{Wire: "sftp", Path: t.TempDir(), SSH: &s.SSH}, s)
	})
}

func sender(t *testing.T, to gateway.Endpoint) *Sender {
	t.Helper()
	s, err := New(&gateway.Partner{ID: "p", Deliver: &to}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSenderWritesOnce: order, repeats, a new process and a server that starts
// anew: one file and one manifest for each delivery, and nothing half-written.
func TestSenderWritesOnce(t *testing.T) {
	eachWire(t, func(t *testing.T, to gateway.Endpoint, server *sftptest.Server) {
		for _, n := range []int{1, 2, 1, 3, 2} {
			if server != nil {
				server.Restart()
			}
			remote, err := sender(t, to).Send(context.Background(), parcel(n))
			if err != nil || remote != parcel(n).Path {
				t.Fatal(remote, err)
			}
		}
		list, err := os.ReadDir(to.Path)
		if err != nil || len(list) != 6 {
			t.Fatalf("%d entries, want 3 files and 3 manifests: %v", len(list), err)
		}
		body, err := os.ReadFile(filepath.Join(to.Path, "key-2.json"))
		if err != nil || string(body) != string(parcel(2).Body) {
			t.Errorf("%s %v", body, err)
		}
		text, err := os.ReadFile(filepath.Join(to.Path, "key-2.json.manifest"))
		var m manifest
		if err != nil || json.Unmarshal(text, &m) != nil || m.Bytes != len(body) || len(m.SHA256) != 64 || m.Delivery != "key-2" || m.Records != "1" {
			t.Errorf("%+v %v", m, err)
		}
	})
}

// TestSenderMeetsAnother: a file of that name with other content is never
// replaced; a try that was cut off leaves only what a retry clears away.
func TestSenderMeetsAnother(t *testing.T) {
	eachWire(t, func(t *testing.T, to gateway.Endpoint, _ *sftptest.Server) {
		if err := os.WriteFile(filepath.Join(to.Path, "key-1.json"), []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sender(t, to).Send(context.Background(), parcel(1))
		if code := gateway.FaultOf(err).Code; code != gateway.Conflict {
			t.Errorf("%v, want a conflict", err)
		}
		if err := os.WriteFile(filepath.Join(to.Path, ".tmp-key-2.json"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sender(t, to).Send(context.Background(), parcel(2)); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"key-1.json": "theirs", "key-2.json": string(parcel(2).Body)} {
			if body, err := os.ReadFile(filepath.Join(to.Path, name)); err != nil || string(body) != want {
				t.Errorf("%s: %s %v", name, body, err)
			}
		}
	})
}

// TestSenderFaults: what may pass is tried again; what needs a person is not;
// no fault names a path.
func TestSenderFaults(t *testing.T) {
	server := sftptest.New(t)
	_, stranger := sftptest.Key(t)
	other := server.SSH
	other.Key = stranger
	unknown := server.SSH
	unknown.HostKeys = []string{"SHA256:" + strings.Repeat("A", 43)}
	gone := server.SSH
	gone.Host = "127.0.0.1:1"
	missing := filepath.Join(t.TempDir(), "secret-name")
	for name, c := range map[string]struct {
		to   gateway.Endpoint
		want gateway.Code
	}{
		"no folder":      {gateway.Endpoint{Path: missing}, gateway.Busy},
		"no server":      {gateway.Endpoint{Path: "/", SSH: &gone}, gateway.Busy},
		"another key":    {gateway.Endpoint{Path: "/", SSH: &other}, gateway.Denied},
		"an unknown key": {gateway.Endpoint{Path: "/", SSH: &unknown}, gateway.Denied},
		"no remote path": {gateway.Endpoint{Path: missing, SSH: &server.SSH}, gateway.Busy},
	} {
		_, err := sender(t, c.to).Send(context.Background(), parcel(1))
		if code := gateway.FaultOf(err).Code; code != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if strings.Contains(err.Error(), "secret-name") {
			t.Errorf("%s: the fault names the folder: %v", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	if _, err := sender(t, gateway.Endpoint{Path: t.TempDir(), SSH: &server.SSH}).Send(ctx, parcel(1)); gateway.FaultOf(err).Code != gateway.Busy {
		t.Errorf("cut off: %v, want busy", err)
	}
}
