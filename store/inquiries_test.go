package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// 20: what was pended before may be asked about, by one, once in the time.
func TestUpgradeToInquiries(t *testing.T) {
	doc := `{"id":"a1","version":1,"requester":"clinic-a","payer":"mco-a","revisions":[{"message":"m1"}],"items":[{"sequence":1,"revision":1}]}`
	rows := []string{`insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ('a1', 1, 'clinic-a', 'mco-a', '0a01', 'waiting', 1, 1, 1, '` + doc + `')`}
	upgraded(t, 19, append(twoPersons(), rows...), func(t *testing.T, s *store.Store) {
		now := time.Now()
		s.Now = func() time.Time { return now }
		due := func() int {
			t.Helper()
			list, err := s.DueInquiries(context.Background(), "mco-a", time.Hour, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		for _, step := range []struct {
			ahead time.Duration
			want  int
		}{{0, 1}, {0, 0}, {59 * time.Minute, 0}, {2 * time.Minute, 1}} {
			now = now.Add(step.ahead)
			if got := due(); got != step.want {
				t.Errorf("%v later: %d due, want %d", step.ahead, got, step.want)
			}
		}
		if list, err := s.DueInquiries(context.Background(), gateway.PartnerID("mco-b"), time.Hour, 10); err != nil || len(list) != 0 {
			t.Errorf("another payer's: %v %v", list, err)
		}
	})
}
