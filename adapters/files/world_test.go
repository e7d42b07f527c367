package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/batch"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// world is a gateway on a SQLite store that takes files of clinic-a in.
type world struct {
	t       *testing.T
	store   *store.Store
	gateway *gateway.Gateway
	partner *gateway.Partner
	dir     string
	ssh     *gateway.SSH
	now     time.Time
	before  func(m *gateway.Message) error // runs before each message is received
}

func newWorld(t *testing.T) *world {
	t.Helper()
	policy := storetest.Policy()
	policy.Caller = func(p gateway.PartnerID) gateway.Caller {
		return gateway.Caller{Partner: p, Scopes: []string{gateway.ScopePartner(p), gateway.ScopePayer("77001")}}
	}
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "t.db"), policy)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{t: t, store: s, dir: t.TempDir(), now: time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)}
	w.partner = &gateway.Partner{ID: "clinic-a", Kind: gateway.StateAgency, Sends: []gateway.Kind{"*"}, MemberSystem: storetest.MemberSystem, Zone: time.UTC,
		X12: &gateway.X12{Ours: gateway.X12Party{Qualifier: "ZZ", ID: "GATEWAY"}, Theirs: gateway.X12Party{Qualifier: "ZZ", ID: "CLINIC"}, Usage: "P"}}
	w.gateway = &gateway.Gateway{Ledger: s, Dedup: store.NewMemory(), Partners: w.find, Mapping: mappings.For,
		Payers: func([]gateway.Identifier) []gateway.PartnerID { return []gateway.PartnerID{"mco"} }, NewID: func() gateway.MessageID { return gateway.MessageID(uuid.NewString()) }, Now: w.clock}
	if err := os.Mkdir(w.in(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"M1", "M2", "M3", "M4"} {
		w.enroll(member)
	}
	return w
}

// enroll makes a child a member of the payer.
func (w *world) enroll(member string) {
	w.t.Helper()
	body := `{"record": "enrollment", "member_id": "` + member + `", "start": "2026-01-01", "end": "2099-12-31", "payer": "77001", "program": "wraparound", "family_name": "Rivera", "given_name": "Marisol", "birth_date": "2013-05-14", "gender": "female"}`
	if _, err := w.receive(context.Background(), &gateway.Message{Partner: "clinic-a", Channel: "messages", Kind: "json/enrollment", Key: "enroll " + member, Body: []byte(body)}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) find(id gateway.PartnerID) (*gateway.Partner, bool) {
	return w.partner, id == w.partner.ID
}
func (w *world) clock() time.Time { return w.now }
func (w *world) in() string       { return filepath.Join(w.dir, "in") }

func (w *world) receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	if w.before != nil {
		if err := w.before(m); err != nil {
			return nil, err
		}
	}
	return w.gateway.Receive(ctx, m, nil)
}

// pickup is one instance that watches the folder.
func (w *world) pickup(name, ready string) *Pickup {
	in := &intake.Intake{Ledger: w.store, Leases: w.store, Receive: w.receive, Partners: w.find, Format: batch.Of, Detect: batch.Detect,
		Acknowledge: func(context.Context, gateway.PartnerID, bool, intake.Word) error { return nil }, Holder: name, Now: w.clock,
		CaseOf: func(ctx context.Context, _ gateway.PartnerID, _ bool, member gateway.Identifier) (*ledger.Case, error) {
			return w.store.CaseOf(ctx, w.partner.Caller(), member)
		}}
	return &Pickup{Partner: "clinic-a", From: gateway.Pickup{Path: w.in(), Answers: filepath.Join(w.dir, "out"), Archive: filepath.Join(w.dir, "archive"), Ready: ready,
		SSH: w.ssh, Poll: time.Hour, Keep: 10 * 24 * time.Hour}, Intake: in, Acks: w.store, Now: w.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func (w *world) drop(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.in(), name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) once(p *Pickup) {
	w.t.Helper()
	if err := p.Once(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// names lists the files below a folder.
func (w *world) names(dir string) []string {
	w.t.Helper()
	var out []string
	root := filepath.Join(w.dir, dir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, root+"/"))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return out
}

// answer is the answer with that ending.
func (w *world) answer(ending string) string {
	w.t.Helper()
	for _, name := range w.names("out") {
		if strings.HasSuffix(name, "."+ending) {
			body, err := os.ReadFile(filepath.Join(w.dir, "out", name))
			if err != nil {
				w.t.Fatal(err)
			}
			return string(body)
		}
	}
	w.t.Fatalf("no answer .%s among %q", ending, w.names("out"))
	return ""
}

func (w *world) file() intake.File {
	w.t.Helper()
	list, err := w.store.FilesOf(context.Background(), "clinic-a", 10)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	return list[0]
}

// messages counts what is in the ledger of messages.
func (w *world) messages() int {
	w.t.Helper()
	n, _, err := w.store.CountMessages(context.Background(), gateway.MessageFilter{Channel: intake.Channel})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
