package faults

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// many posts at once from 64 clients and gives every outcome.
func many(each int, post func(client, i int) (string, error)) (answers map[string]int, codes map[gateway.Code]int) {
	answers, codes = map[string]int{}, map[gateway.Code]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for client := range 64 {
		wg.Go(func() {
			for i := range each {
				answer, err := post(client, i)
				mu.Lock()
				if err == nil {
					answers[answer]++
				} else {
					codes[codeOf(err)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return answers, codes
}

// keyless is a ledger without the unique index: the control of F8.
type keyless struct{ gateway.Ledger }

func (k keyless) Recall(context.Context, *gateway.Message) (*gateway.Receipt, error) { return nil, nil }

func (k keyless) Commit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	open, m := *r, *r.Message
	m.Key = ""
	open.Message = &m
	return k.Ledger.Commit(ctx, &open)
}

// 64 clients post one message again and again: one effect, one answer.
func TestF8OneMessageFromMany(t *testing.T) {
	each := scaled(16, 1000)
	storetest.EachURL(t, func(t *testing.T, url string) {
		s, ctx := openStore(t, url), within(t, 2*time.Minute)
		post := receive(newGateway(s, store.NewMemory()))
		answers, codes := many(each, func(int, int) (string, error) { return post(ctx, step{N: 1}) })
		if len(answers) != 1 || len(codes) != 0 {
			t.Errorf("%d different answers, errors %v", len(answers), codes)
		}
		if plans := plansOf(ctx, t, s); plans[step{N: 1}.key()] != 1 {
			t.Errorf("%v effects of one message", plans)
		}
		if n, _, err := s.CountMessages(ctx, gateway.MessageFilter{}); n != 1 || err != nil {
			t.Errorf("%d messages are stored, %v", n, err)
		}
	})
}

func TestF8ControlWithoutTheIndex(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s, ctx := openStore(t, url), within(t, 2*time.Minute)
		post := receive(newGateway(keyless{s}, store.NewMemory()))
		answers, _ := many(1, func(int, int) (string, error) { return post(ctx, step{N: 1}) })
		if n := plansOf(ctx, t, s)[step{N: 1}.key()]; n < 2 || len(answers) < 2 {
			t.Errorf("the control shows nothing: %d effects, %d answers", n, len(answers))
		}
	})
}

// keyOnly is a ledger that answers by the key alone: the control of F9.
type keyOnly struct {
	gateway.Ledger
	first *sync.Map
}

func (k keyOnly) Recall(_ context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	if r, ok := k.first.Load(m.Key); ok {
		return r.(*gateway.Receipt), nil
	}
	return nil, nil
}

func (k keyOnly) Commit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	out, err := k.Ledger.Commit(ctx, r)
	if err == nil {
		k.first.Store(r.Message.Key, out)
	}
	return out, err
}

// Other content under a used key is a conflict every time, and both bodies are
// kept; of several contents that race for one key exactly one wins.
func TestF9SameKeyOtherContent(t *testing.T) {
	each := scaled(4, 100)
	storetest.EachURL(t, func(t *testing.T, url string) {
		s, ctx := openStore(t, url), within(t, 2*time.Minute)
		post := receive(newGateway(s, store.NewMemory()))
		first, err := post(ctx, step{N: 1})
		if err != nil {
			t.Fatal(err)
		}
		other := func(client, i int) (string, error) {
			return post(ctx, step{N: 1, Changed: fmt.Sprintf("%d/%d", client, i)})
		}
		answers, codes := many(each, other)
		if len(answers) != 0 || codes[gateway.Conflict] != 64*each {
			t.Errorf("%d of %d were conflicts, %d were accepted: %v", codes[gateway.Conflict], 64*each, len(answers), codes)
		}
		if again, err := post(ctx, step{N: 1}); err != nil || again != first {
			t.Errorf("the first answer has changed: %v", err)
		}
		if n := rows(t, s, url, "quarantine"); n != 64*each {
			t.Errorf("%d of %d bodies were kept", n, 64*each)
		}
		answers, codes = many(1, func(client, _ int) (string, error) {
			return post(ctx, step{N: 2, Changed: fmt.Sprint(client)})
		})
		if len(answers) != 1 || codes[gateway.Conflict] != 63 {
			t.Errorf("64 contents raced for one key: %d accepted, %v", len(answers), codes)
		}
		if plans := plansOf(ctx, t, s); plans[step{N: 1}.key()] != 1 || plans[step{N: 2}.key()] != 1 {
			t.Errorf("effects %v", plans)
		}
	})
}

func TestF9ControlByKeyAlone(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s, ctx := openStore(t, url), within(t, 2*time.Minute)
		post := receive(newGateway(keyOnly{s, &sync.Map{}}, store.NewMemory()))
		if _, err := post(ctx, step{N: 1}); err != nil {
			t.Fatal(err)
		}
		_, codes := many(1, func(client, _ int) (string, error) { return post(ctx, step{N: 1, Changed: fmt.Sprint(client)}) })
		if codes[gateway.Conflict] == 64 {
			t.Error("the control shows nothing: every one was a conflict")
		}
	})
}

// rows counts the rows of a table.
func rows(t *testing.T, s *store.Store, url, table string) (n int) {
	t.Helper()
	driver := map[string]string{"sqlite": "sqlite", "postgres": "pgx"}[s.Kind()]
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("select count(*) from " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
