package compliance_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/compliance"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestRunBrokenOff: a run that is broken off in the middle and runs again keeps what
// judging child by child finds, each once, with one opening to tell of.
func TestRunBrokenOff(t *testing.T) {
	const children = 200
	storetest.EachURL(t, func(t *testing.T, url string) {
		crowd(t, url, children)
		s, err := store.Open(context.Background(), url, storetest.Policy())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		deps := compliance.Deps{Records: s, Nights: s, Findings: s, Packs: packs(t)}
		asOf := ledger.Day(program.Date(2026, time.March, 31))

		broken, seen := errors.New("broken off"), 0
		_, err = compliance.Run(context.Background(), deps, asOf, compliance.Options{Each: func(*gateway.Found) error {
			if seen++; seen > children*5 {
				return broken
			}
			return nil
		}})
		half := keptFindings(t, s)
		if !errors.Is(err, broken) || len(half) == 0 {
			t.Fatalf("%v, %d kept", err, len(half))
		}
		var want []string
		if _, err := compliance.Run(context.Background(), deps, asOf, compliance.Options{DryRun: true, Each: func(f *gateway.Found) error {
			want = append(want, f.Key()+" "+f.Reason)
			return nil
		}}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		for range 2 {
			sum, err := compliance.Run(context.Background(), deps, asOf, compliance.Options{})
			if err != nil || sum.Changed.Closed != 0 || sum.Changed.Opened != int64(len(want)) {
				t.Fatalf("%+v %v", sum.Changed, err)
			}
			if diff := cmp.Diff(want, keptFindings(t, s)); diff != "" || len(want) <= len(half) {
				t.Errorf("%d, %d of them before it was broken off: %s", len(want), len(half), diff)
			}
			news, err := s.UntoldFindings(context.Background(), 2*len(want))
			if err != nil || len(news) != len(want) {
				t.Errorf("%d changes to tell of, %d findings: %v", len(news), len(want), err)
			}
		}
	})
}

// keptFindings are all that stand, sorted.
func keptFindings(t *testing.T, s *store.Store) (out []string) {
	t.Helper()
	page := gateway.Paging{Limit: 1000}
	for {
		list, next, err := s.Findings(context.Background(), nil, gateway.FindingFilter{State: gateway.FindingOpen}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			out = append(out, f.Key()+" "+f.Reason)
		}
		if page.After = next; next == "" {
			slices.Sort(out)
			return out
		}
	}
}
