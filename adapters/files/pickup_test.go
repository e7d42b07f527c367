package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings"
)

// services is a table of n services of the template's shape, with one bad row
// at each of the given places.
func services(n int, bad ...int) string {
	header, row, _ := strings.Cut(string(mappings.Template("csv/service")), "\n")
	titles := strings.Split(header, ",")
	cells := strings.Split(strings.TrimSpace(strings.Split(row, "\n")[0]), ",")
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		line := append([]string(nil), cells...)
		for c, title := range titles {
			switch title {
			case "line_id":
				line[c] = fmt.Sprintf("L-%d", i)
			case "units":
				for _, at := range bad {
					if at == i {
						line[c] = "many"
					}
				}
			}
		}
		b.WriteString(strings.Join(line, ",") + "\n")
	}
	return b.String()
}

// both runs a body on a local folder and over SFTP.
func both(t *testing.T, f func(t *testing.T, w *world)) {
	t.Run("folder", func(t *testing.T) { f(t, newWorld(t)) })
	t.Run("sftp", func(t *testing.T) {
		w := newWorld(t)
		w.ssh = &sftptest.New(t).SSH
		f(t, w)
	})
}

func TestGoodRowsGoInBadRowsComeBack(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		p := w.pickup("one", "stable")
		w.drop("services.csv", services(5, 1, 3))
		w.once(p)
		if n := len(w.names("out")); n != 0 {
			t.Fatal("taken before it was looked at twice")
		}
		w.once(p)
		f := w.file()
		if want := (intake.Counts{Units: 5, Accepted: 3, Rejected: 2}); f.State != intake.Done || f.Counts != want || w.messages() != 3 {
			t.Fatalf("%+v, %d messages", f, w.messages())
		}
		rejected := w.answer("rejected")
		lines := strings.Split(strings.TrimSpace(rejected), "\r\n")
		if len(lines) != 3 || !strings.HasSuffix(lines[0], problemTitle) || !strings.HasPrefix(lines[1], "L-1,") || !strings.Contains(lines[1], "row 3, column units") {
			t.Errorf("rejected:\n%s", rejected)
		}
		if accepted := w.answer("accepted"); strings.Count(accepted, "\n") != 4 || !strings.Contains(accepted, "row 2,accepted,") {
			t.Errorf("accepted:\n%s", accepted)
		}
		if summary := w.answer("summary"); !strings.Contains(summary, `"rejected": 2`) || !strings.Contains(summary, f.SHA256) {
			t.Errorf("summary:\n%s", summary)
		}
		if got := w.names("archive"); len(got) != 1 || !strings.HasSuffix(got[0], "services.csv") || len(w.names("in")) != 0 {
			t.Errorf("archive %q, in %q", got, w.names("in"))
		}
	})
}

const problemTitle = `problem (remove this column before you send it again)`

// TestSameFileAgain: a file that came before gets its answers again and does
// nothing; the same with the bad rows mended takes in those alone.
func TestSameFileAgain(t *testing.T) {
	w := newWorld(t)
	p := w.pickup("one", "rename")
	for range 2 {
		w.drop("a.csv", services(3))
		w.once(p)
	}
	if f := w.file(); f.Counts.Accepted != 3 || w.messages() != 3 || len(w.names("archive")) != 2 {
		t.Fatalf("%+v, %d messages, archive %q", f, w.messages(), w.names("archive"))
	}
	w.drop("b.csv", services(3, 1))
	w.once(p)
	w.drop("b.csv", services(3))
	w.once(p)
	if w.messages() != 5 {
		t.Errorf("%d messages, want 3 and 2: rows are named by their file", w.messages())
	}
}

// TestCrashInTheMiddle: the store goes away at some row; the next look, of
// another instance, goes on and nothing is in twice.
func TestCrashInTheMiddle(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		away := errors.New("the store is away")
		for at := range 6 {
			n := 0
			w.before = func(*gateway.Message) error {
				if n++; n == at+1 {
					return &gateway.Fault{Op: "test", Code: gateway.Busy, Err: away}
				}
				return nil
			}
			name := fmt.Sprintf("f%d.csv", at)
			w.drop(name, strings.ReplaceAll(services(6, 2), "L-", fmt.Sprintf("L%d-", at)))
			if err := w.pickup("dies", "rename").Once(context.Background()); at < 5 && !errors.Is(err, away) {
				t.Fatalf("stop at %d: %v", at, err)
			}
			w.now = w.now.Add(2 * time.Minute) // the lease of the dead ends
			w.before = nil
			w.once(w.pickup("lives", "rename"))
			if got := w.messages(); got != 5*(at+1) {
				t.Fatalf("stop at %d: %d messages, want %d", at, got, 5*(at+1))
			}
			list, err := w.store.FilesOf(context.Background(), "clinic-a", 1)
			if want := (intake.Counts{Units: 6, Accepted: 5, Rejected: 1}); err != nil || list[0].Counts != want || list[0].State != intake.Done {
				t.Fatalf("stop at %d: %+v %v", at, list, err)
			}
		}
	})
}

// TestOneOfManyInstances: several look at one folder, each file is taken once.
func TestOneOfManyInstances(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		w.drop(fmt.Sprintf("s%02d.csv", i), strings.ReplaceAll(services(2), "L-", fmt.Sprintf("N%d-", i)))
	}
	var wg sync.WaitGroup
	for i := range 4 {
		p := w.pickup(fmt.Sprint("instance ", i), "rename")
		wg.Go(func() { _ = p.Once(context.Background()) })
	}
	wg.Wait()
	w.once(w.pickup("last", "rename")) // what one left to another that had just finished
	if got := w.names("archive"); w.messages() != 24 || len(got) != 12 || len(w.names("in")) != 0 {
		t.Errorf("%d messages, %d archived, %q left", w.messages(), len(got), w.names("in"))
	}
}

// TestStillBeingWritten: a file that grows is left alone.
func TestStillBeingWritten(t *testing.T) {
	w := newWorld(t)
	stable, done := w.pickup("one", "stable"), w.pickup("one", "done")
	content := services(4)
	w.drop("grows.csv", content[:50])
	w.once(stable)
	w.drop("grows.csv", content)
	w.once(stable)
	if w.messages() != 0 {
		t.Fatal("taken while it grew")
	}
	w.once(done)
	if w.messages() != 0 {
		t.Fatal("taken without its .done")
	}
	w.drop("grows.csv.done", "")
	w.once(done)
	if w.messages() != 4 || len(w.names("in")) != 0 {
		t.Errorf("%d messages, left %q", w.messages(), w.names("in"))
	}
}

// TestHostileFiles: each is quarantined with a cause, or left alone, and the
// good one beside it goes in.
func TestHostileFiles(t *testing.T) {
	w := newWorld(t)
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte(services(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(w.in(), "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(w.in(), "folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"bomb.zip": "PK\x03\x04rest", "bomb.gz": "\x1f\x8b\x08rest", "nul.csv": "a,b\n1,\x002\n", "empty.csv": "", "junk.csv": "\xff\xfe\x01\n",
		"columns.csv": strings.Repeat("c,", 1_000_000) + "\n", "line_id,\xff\n.csv": services(1), "json.json": `[{"record": "service"`,
	} {
		w.drop(name, content)
	}
	w.drop("good.csv", strings.ReplaceAll(services(1), "L-", "G-"))
	w.once(w.pickup("one", "rename"))
	if w.messages() != 2 { // good.csv, and the one whose name is odd
		t.Errorf("%d messages", w.messages())
	}
	quarantined := 0
	for _, name := range w.names("archive") {
		if strings.HasPrefix(name, quarantineDir+"/") {
			quarantined++
		}
	}
	list, _ := w.store.FilesOf(context.Background(), "clinic-a", 100)
	for _, f := range list {
		if f.State == intake.Quarantined && f.Cause == "" {
			t.Errorf("%s has no cause", f.Name)
		}
	}
	if quarantined != 7 || len(w.names("archive")) != 9 {
		t.Errorf("%d quarantined of %q", quarantined, w.names("archive"))
	}
	if got := w.names("in"); len(got) != 1 || got[0] != "link.csv" {
		t.Errorf("left %q", got)
	}
}

// TestPurge deletes what is older than agreed and nothing else.
func TestPurge(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		p := w.pickup("one", "rename")
		w.drop("old.csv", services(1))
		w.drop("bad.csv", "nothing of ours\n")
		w.once(p)
		w.now = w.now.Add(5 * 24 * time.Hour)
		w.drop("young.csv", services(2))
		w.once(p)
		if got := w.names("archive"); len(got) != 3 {
			t.Fatalf("archive %q", got)
		}
		w.now = w.now.Add(6 * 24 * time.Hour)
		w.once(p)
		if got := w.names("archive"); len(got) != 1 || !strings.HasSuffix(got[0], "young.csv") {
			t.Errorf("after the purge: %q", got)
		}
	})
}

// TestUnknownHost: a server with another key gets nothing.
func TestUnknownHost(t *testing.T) {
	w := newWorld(t)
	w.ssh = &sftptest.New(t).SSH
	w.ssh.HostKeys = []string{"SHA256:" + strings.Repeat("A", 43)}
	err := w.pickup("one", "rename").Once(context.Background())
	if code := gateway.FaultOf(err).Code; code != gateway.Denied {
		t.Errorf("%v, want denied", err)
	}
	w.ssh = &sftptest.New(t).SSH
	_, w.ssh.Key = sftptest.Key(t)
	if err := w.pickup("one", "rename").Once(context.Background()); gateway.FaultOf(err).Code != gateway.Denied {
		t.Errorf("another key: %v, want denied", err)
	}
}
