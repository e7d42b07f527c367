package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// 30: messages of the version before have their bytes; old ones can be erased,
// their keys stay.
func TestUpgradeToRetention(t *testing.T) {
	rows := append(twoPersons(), `insert into inbox (id, partner, channel, msg_key, kind, sha256, body, ask, origin, state, generation, mapping, fault, issues, answer_status, answer_head,
		answer_body, answer_effect, received_at, seq, routed) values ('m1', 'clinic-a', 'messages', 'k1', 'json/service', 'x', 'the bytes', 'null', '', 'accepted', 0, '', 'null', '[]', 200, '{}', null, 0, 1000, 1, 1)`)
	upgraded(t, 29, rows, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r, err := s.Message(ctx, "m1")
		if err != nil || r.Message.Erased || string(r.Message.Body) != "the bytes" {
			t.Fatalf("%+v %v", r, err)
		}
		if n, err := s.ErasePayloads(ctx, time.Now(), 10, true); n != 1 || err != nil {
			t.Errorf("tried: %d %v", n, err)
		}
		for _, want := range []int64{1, 0} {
			if n, err := s.ErasePayloads(ctx, time.Now(), 10, false); n != want || err != nil {
				t.Errorf("%d, want %d: %v", n, want, err)
			}
		}
		if r, err = s.Message(ctx, "m1"); err != nil || !r.Message.Erased || len(r.Message.Body) != 0 {
			t.Errorf("%+v %v", r.Message, err)
		}
		if _, err := s.Purge(ctx, []string{"0a01"}, false); err != nil {
			t.Error(err)
		}
		if _, err := s.Purge(ctx, []string{"0a01"}, false); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("again: %v", err)
		}
	})
}
