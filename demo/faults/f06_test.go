package faults

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// hurts are what is done to Redis, one after the other; each is followed by its
// end.
var hurts = []struct {
	name      string
	hurt, end func(r *redisServer)
}{
	{"healthy", func(*redisServer) {}, func(*redisServer) {}},
	{"killed", (*redisServer).kill, (*redisServer).start},
	{"hung", func(r *redisServer) { _ = r.cmd.Process.Signal(syscall.SIGSTOP) }, func(r *redisServer) { _ = r.cmd.Process.Signal(syscall.SIGCONT) }},
	{"full", func(r *redisServer) { r.command("CONFIG", "SET", "maxmemory", "1mb") }, func(r *redisServer) { r.command("CONFIG", "SET", "maxmemory", "0") }},
	{"lying", func(r *redisServer) { r.command("EVAL", lie, "0") }, func(*redisServer) {}},
	{"read-only", func(r *redisServer) { r.command("REPLICAOF", "127.0.0.1", "1") }, func(r *redisServer) { r.command("REPLICAOF", "NO", "ONE") }},
	{"flushed", func(r *redisServer) { r.command("FLUSHALL") }, func(r *redisServer) { r.command("FLUSHALL") }},
}

// lie gives every key the message of another.
const lie = `for _, k in ipairs(redis.call('KEYS', 'throughline:key:*')) do redis.call('SET', k, 'm-of-another') end return 1`

// Whatever happens to Redis under load: no error, nothing lost, nothing doubled.
func TestF6RedisHurtUnderLoad(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, r, s := within(t, 3*time.Minute), newRedis(t), openStore(t, url)
		var now atomic.Pointer[gateway.Gateway]
		connect := func() *store.Redis { // a new client has a closed breaker: every hurt is felt
			hints, err := store.OpenRedis(r.url(), store.RedisOptions{Secret: []byte("a secret of the tests, not of anybody")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { hints.Close() })
			g := newGateway(s, hints)
			g.Wake = hints.Wake
			now.Store(g)
			return hints
		}
		connect()
		l := newLoad(t, func(ctx context.Context, s step) (string, error) { return receive(now.Load())(ctx, s) })
		l.repeats = 2
		stop := l.start(ctx)
		for range scaled(1, 20) {
			for _, h := range hurts {
				hints := connect()
				l.await(ctx, clients) // all use it
				l.lap()
				h.hurt(r)
				l.await(ctx, 3*clients)
				t.Logf("%-9s p99 %v, breaker %s", h.name, l.lap().Round(time.Millisecond), hints.State())
				h.end(r)
			}
		}
		stop()
		if len(l.faults) > 0 {
			t.Errorf("clients saw %v; want no errors", l.faults)
		}
		l.count(ctx, s).clean(t)
	})
}

// decider answers a repeat from Redis alone and asks before the work: the
// control. The ledger behind it has no index of keys.
type decider struct {
	client *redis.Client
	post   door
}

var errTaken = errors.New("nobody knows what was answered")

func (d decider) door(ctx context.Context, s step) (string, error) {
	first, err := d.client.SetNX(ctx, s.key(), "1", time.Hour).Result()
	if err != nil {
		return "", err
	}
	if !first {
		return "seen before", nil
	}
	return d.post(ctx, s)
}

func newDecider(t *testing.T, l gateway.Ledger) (*redisServer, decider) {
	t.Helper()
	r := newRedis(t)
	client := r.client()
	t.Cleanup(func() { client.Close() })
	return r, decider{client, receive(newGateway(keyless{l}, store.NewMemory()))}
}

// A Redis that decides doubles effects when it forgets.
func TestF6ControlRedisDecides(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, s := within(t, time.Minute), openStore(t, url)
		r, d := newDecider(t, s)
		l := newLoad(t, d.door)
		l.blind = true
		for n := range 8 {
			l.repeats = 0
			l.post(ctx, step{N: n + 1})
			r.command("FLUSHALL")
			l.post(ctx, step{N: n + 1})
		}
		if c := l.count(ctx, s); c.doubled == 0 {
			t.Errorf("the control shows nothing: %+v", c)
		}
	})
}

// failing is a ledger that is away now and then.
type failing struct {
	gateway.Ledger
	calls *atomic.Int64
}

func (f failing) Commit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	if f.calls.Add(1)%5 == 0 {
		return nil, &gateway.Fault{Op: "commit", Code: gateway.Busy, Err: errTaken}
	}
	return f.Ledger.Commit(ctx, r)
}

// A Redis that decides before the work loses what then fails: the retry is told
// that it was seen before.
func TestF6ControlRedisDecidesFirst(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, s := within(t, time.Minute), openStore(t, url)
		_, d := newDecider(t, failing{s, new(atomic.Int64)})
		l := newLoad(t, d.door)
		l.blind = true
		var wg sync.WaitGroup
		for child := range clients {
			wg.Go(func() { l.post(ctx, step{Child: child, N: 1}) })
		}
		wg.Wait()
		if c := l.count(ctx, s); c.lost == 0 {
			t.Errorf("the control shows nothing: %+v", c)
		}
	})
}
