package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/csv"
)

// recorder is a door that keeps what goes through it.
type recorder struct {
	door
	mu     sync.Mutex
	mail   []gateway.Message
	tables map[gateway.PartnerID]map[string][]byte // partner, kind: rows without a header
}

func newRecorder(w *world) *recorder {
	return &recorder{door: door{w}, tables: map[gateway.PartnerID]map[string][]byte{}}
}

func (r *recorder) Receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	r.mu.Lock()
	r.mail = append(r.mail, *m)
	r.mu.Unlock()
	return r.door.Receive(ctx, m)
}

func (r *recorder) Import(ctx context.Context, p gateway.PartnerID, kind, name string, file io.Reader) error {
	body, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	_, rows, _ := bytes.Cut(body, []byte("\n"))
	r.row(p, kind, rows)
	return r.door.Import(ctx, p, kind, name, bytes.NewReader(body))
}

func (r *recorder) row(p gateway.PartnerID, kind string, rows []byte) {
	if r.tables[p] == nil {
		r.tables[p] = map[string][]byte{}
	}
	r.tables[p][kind] = append(r.tables[p][kind], rows...)
}

// sources are the ledger's tables of everything that went through the door.
func (r *recorder) sources(t testing.TB) []oracle.Source {
	t.Helper()
	for _, m := range r.mail {
		_, name, _ := strings.Cut(string(m.Kind), "/")
		if !slices.Contains([]string{"enrollment", "authorization", "service"}, name) {
			continue
		}
		r.row(m.Partner, name, csv.Rows(decoded(t, &m)))
	}
	var out []oracle.Source
	for p, kinds := range r.tables {
		table := func(kind string) io.Reader { return bytes.NewReader(append(csv.Header(kind), kinds[kind]...)) }
		out = append(out, oracle.Source{Partner: string(p), Enrollment: table("enrollment"), Authorization: table("authorization"), Service: table("service")})
	}
	return out
}

// planted are the verdicts that a week must have; what a payer denies is in
// claims_test.go.
var planted = []ledger.Verdict{ledger.Replaced, ledger.Voided, ledger.Void, ledger.UnknownOriginal, ledger.InvalidLine, ledger.UnknownUnit, ledger.Duplicate,
	ledger.NotEnrolled, ledger.Matched, ledger.OverCap, ledger.Exhausted, ledger.WrongPayer, ledger.WrongProvider, ledger.OutsidePeriod, ledger.WrongModifier,
	ledger.WrongCode, ledger.NoAuthorization}

// TestWeek seeds the whole week once and looks at it from all sides.
func TestWeek(t *testing.T) {
	w := newWorld(t, sqlite(t))
	r := newRecorder(w)
	began := time.Now()
	s := seed(t, r, 0)
	t.Logf("%d messages and %d files in %v", s.Counts.Messages, s.Counts.Files, time.Since(began).Round(time.Millisecond))
	t.Run("has every verdict, as the oracle reads the law", func(t *testing.T) { w.agrees(t, r.sources(t)) })
	t.Run("examples are as the ledger has them", func(t *testing.T) { w.shows(t, s) })
	t.Run("a second seed changes nothing", func(t *testing.T) {
		for _, day := range []time.Time{today, today.AddDate(0, 0, 3)} {
			w.unchangedBy(t, func() {
				again, err := demo.Seed(t.Context(), door{w}, demo.Options{Today: day})
				if err != nil {
					t.Fatal(err)
				}
				if !again.Repeat || again.Today != s.Today {
					t.Errorf("seeded on %s again: repeat %t, dated %s", day, again.Repeat, again.Today)
				}
			})
		}
	})
	t.Run("an interrupted seed goes on", func(t *testing.T) {
		w.unchangedBy(t, func() { seed(t, forgetful{door{w}}, 0) })
	})
}

// forgetful is a door that cannot say what it has seen, so everything is sent
// again.
type forgetful struct{ door }

func (f forgetful) Recall(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return nil, nil
}

// agrees compares the verdicts of the store's rows with those that the oracle
// gives to what was sent.
func (w *world) agrees(t *testing.T, sources []oracle.Source) {
	t.Helper()
	want, err := oracle.Run((ledger.DayOf(today) - 1).String(), w.cfg.Rules.Zone, sources...)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for _, l := range want.Lines {
		verdicts[l.Partner+"/"+l.ID] = l.Verdict
	}
	count, flagged := map[ledger.Verdict]int{}, 0
	w.settle(t, func(r *ledger.Result) {
		for _, l := range r.Lines {
			count[l.Verdict]++
			flagged += len(l.Flags)
			if key := l.Line.Partner + "/" + l.Line.ID; verdicts[key] != string(l.Verdict) {
				t.Errorf("line %s is %s, the oracle says %s", key, l.Verdict, verdicts[key])
			}
			delete(verdicts, l.Line.Partner+"/"+l.Line.ID)
		}
	})
	if len(verdicts) > 0 {
		t.Errorf("%d lines were sent and are not in the store", len(verdicts))
	}
	for _, v := range planted {
		if count[v] == 0 {
			t.Errorf("no line is %s", v)
		}
	}
	if flagged == 0 {
		t.Error("no line is after_as_of")
	}
	t.Log(count)
}

// shows compares the summary's examples with the ledger's use.
func (w *world) shows(t *testing.T, s *demo.Summary) {
	t.Helper()
	found := map[string]ledger.Use{}
	w.settle(t, func(r *ledger.Result) {
		for _, u := range r.Uses {
			kept := *u.Auth // a case is the stream's again after the call
			u.Auth = &kept
			found[u.Auth.ID] = u
		}
	})
	if len(s.Examples) != 3 {
		t.Fatalf("%d examples, want one for each clinic", len(s.Examples))
	}
	for _, e := range s.Examples {
		u, ok := found[e.Authorization]
		if !ok || u.Auth.Units != e.Units || u.Auth.Units-u.Used != e.Left || u.Auth.End != e.Until {
			t.Errorf("%s; the ledger has %d of %d until %s", e, u.Used, u.Auth.Units, u.Auth.End)
		}
		if e.Left != 12 || e.Units != 20 || !strings.HasPrefix(e.Member, "SYN") {
			t.Errorf("not a round example: %s", e)
		}
	}
}

// unchangedBy fails when f adds messages, facts or versions.
func (w *world) unchangedBy(t *testing.T, f func()) {
	t.Helper()
	look := func() string {
		n, last, err := w.store.CountMessages(t.Context(), gateway.MessageFilter{})
		if err != nil {
			t.Fatal(err)
		}
		known, err := w.store.Known(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d messages, last %d, known %d", n, last, known)
	}
	before := look()
	f()
	if after := look(); after != before {
		t.Errorf("changed from %s to %s", before, after)
	}
}
