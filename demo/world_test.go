package demo_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
)

// today is the day of the tests' week, a Wednesday.
var today = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

// world is the true gateway on a true store, with the partners of the
// demonstration.
type world struct {
	*gateway.Gateway
	cfg   *config.Config
	store *store.Store
	hints *store.Memory
	log   logbook
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	cfg, problems := config.Demo(nil, nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	w := &world{cfg: cfg, hints: store.NewMemory()}
	s, err := store.Open(context.Background(), url, store.Policy{
		MemberSystem: cfg.Identity.MemberSystem, TrustedSystems: cfg.Identity.TrustedSystems, Caller: w.caller, Authority: w.authority})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w.store = s
	w.Gateway = &gateway.Gateway{Ledger: s, Dedup: w.hints, Partners: w.partner, Mapping: mappings.For,
		NewID: func() gateway.MessageID { return gateway.MessageID(uuid.Must(uuid.NewV7()).String()) }, Now: time.Now, Wake: w.hints.Wake, Payers: w.payers}
	return w
}

// payers are the partners that answer for an insurer.
func (w *world) payers(insurer []gateway.Identifier) (out []gateway.PartnerID) {
	for i := range w.cfg.Partners {
		if p := &w.cfg.Partners[i]; p.Kind == gateway.MCO && slices.ContainsFunc(insurer, p.AnswersFor) {
			out = append(out, p.ID)
		}
	}
	return out
}

func sqlite(t testing.TB) string { return filepath.Join(t.TempDir(), "throughline.db") }

func (w *world) partner(id gateway.PartnerID) (*gateway.Partner, bool) {
	p := w.cfg.Partner(id)
	return p, p != nil
}

func (w *world) caller(id gateway.PartnerID) gateway.Caller {
	if p, ok := w.partner(id); ok {
		return p.Caller()
	}
	return gateway.Caller{Partner: id}
}

// authority is what cmd says: the state's word is enough, a payer's about its
// own enrollments.
func (w *world) authority(id gateway.PartnerID, r gateway.Relation) bool {
	p, ok := w.partner(id)
	if !ok {
		return false
	}
	return p.Kind == gateway.StateAgency || p.Kind == gateway.MCO && (r.Why == "enrollment" || r.Why == "authorization") &&
		slices.ContainsFunc(p.Payers, func(payer string) bool {
			return r.Scope == gateway.ScopePayer(payer) || strings.HasPrefix(r.Ref, payer+"|")
		})
}

// door is the world as Seed sees it, with both of the powers a door may have.
type door struct{ *world }

func (d door) Receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return d.Gateway.Receive(ctx, m, nil)
}

func (d door) Recall(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return d.store.Recall(ctx, m)
}

func (d door) Import(ctx context.Context, p gateway.PartnerID, kind, name string, file io.Reader) error {
	body, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	partner, _ := d.partner(p)
	var bad []load.Issue
	r, err := load.New(kind, strings.NewReader(string(body)), load.Options{Partner: p, MemberSystem: partner.MemberSystem, Zone: partner.Zone, Bad: func(i load.Issue) { bad = append(bad, i) }})
	if err != nil {
		return err
	}
	_, err = d.store.Import(ctx, store.ImportBatch{Partner: p, Kind: kind, Origin: name, SHA256: hex.EncodeToString(sum[:]), Next: func() (store.ImportChunk, error) {
		c, err := r.Next()
		return store.ImportChunk{Facts: c.Facts, Taken: c.Taken, Bad: c.Bad}, err
	}})
	if len(bad) > 0 {
		return &gateway.Fault{Op: "import", Code: gateway.Invalid}
	}
	return err
}

// plain hides the powers: everything is a message.
type plain struct{ d door }

func (p plain) Receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return p.d.Receive(ctx, m)
}

func seed(t testing.TB, d demo.Door, children int) *demo.Summary {
	t.Helper()
	s, err := demo.Seed(t.Context(), d, demo.Options{Today: today, Children: children})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// settle gives all children of a store, settled as of yesterday.
func (w *world) settle(t testing.TB, f func(*ledger.Result)) {
	t.Helper()
	known, err := w.store.Known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = w.store.StreamCases(t.Context(), 0, 255, known, func(c *ledger.Case) error {
		f(ledger.Settle(c, ledger.DayOf(today)-1, w.cfg.Rules))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
