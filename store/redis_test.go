package store_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// redisEnv names the Redis of the tests; make test starts one.
const redisEnv = "THROUGHLINE_TEST_REDIS"

func redisURL(t *testing.T) string {
	t.Helper()
	url := os.Getenv(redisEnv)
	if url == "" {
		if os.Getenv("THROUGHLINE_TEST_SQLITE_ONLY") == "1" {
			t.Skipf("NOT TESTED ON REDIS: THROUGHLINE_TEST_SQLITE_ONLY=1 and %s is not set", redisEnv)
		}
		t.Fatalf("%s is not set: it must name a Redis server (redis://...); `make test` starts one", redisEnv)
	}
	return url
}

var secret = []byte("0123456789abcdef0123456789abcdef")

func openRedis(t *testing.T, url string) *store.Redis {
	t.Helper()
	r, err := store.OpenRedis(url, store.RedisOptions{Secret: secret, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// hints is what Redis and its in-process twin have in common.
type hints interface {
	gateway.Deduper
	gateway.Hints
	Allow(ctx context.Context, p gateway.PartnerID, perMinute int) (bool, time.Duration)
}

// eachHints runs f on both twins.
func eachHints(t *testing.T, f func(t *testing.T, h hints)) {
	t.Run("memory", func(t *testing.T) { f(t, store.NewMemory()) })
	t.Run("redis", func(t *testing.T) { f(t, openRedis(t, redisURL(t))) })
}

// fresh makes names no other test has used.
func fresh(name string) string { return fmt.Sprintf("%s-%d", name, time.Now().UnixNano()) }

func TestKeysAreRemembered(t *testing.T) {
	ctx := context.Background()
	eachHints(t, func(t *testing.T, h hints) {
		key := fresh("key")
		if _, hit := h.Recall(ctx, "clinic-a", key); hit {
			t.Fatal("an unknown key was recalled")
		}
		h.Remember(ctx, "clinic-a", key, "m1")
		if id, hit := h.Recall(ctx, "clinic-a", key); !hit || id != "m1" {
			t.Errorf("recall = %q, %v", id, hit)
		}
		if _, hit := h.Recall(ctx, "clinic-b", key); hit {
			t.Error("the key of one partner was recalled for another")
		}
	})
}

func TestRatesAreLimited(t *testing.T) {
	ctx := context.Background()
	eachHints(t, func(t *testing.T, h hints) {
		p := gateway.PartnerID(fresh("p"))
		allowed := 0
		var retry time.Duration
		for range 12 {
			ok, r := h.Allow(ctx, p, 10)
			if ok {
				allowed++
			} else {
				retry = r
			}
		}
		if allowed < 10 || allowed > 11 { // a minute may have turned in between
			t.Errorf("%d of 12 allowed, want 10", allowed)
		}
		if allowed == 10 && (retry < time.Second || retry > 2*time.Minute) {
			t.Errorf("retry after %v", retry)
		}
		if ok, _ := h.Allow(ctx, gateway.PartnerID(fresh("q")), 10); !ok {
			t.Error("one partner's rate was counted for another")
		}
	})
}

func TestRateSlides(t *testing.T) {
	m := store.NewMemory()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m.Now = func() time.Time { return now }
	count := func() (n int) {
		for {
			ok, _ := m.Allow(context.Background(), "p", 60)
			if !ok {
				return n
			}
			n++
		}
	}
	if n := count(); n != 60 {
		t.Fatalf("first minute: %d", n)
	}
	now = now.Add(90 * time.Second) // half of the full minute still counts
	if n := count(); n != 30 {
		t.Errorf("half a minute later: %d, want 30", n)
	}
	_, retry := m.Allow(context.Background(), "p", 60)
	now = now.Add(retry)
	if ok, _ := m.Allow(context.Background(), "p", 60); !ok {
		t.Errorf("refused after waiting the %v asked for", retry)
	}
}

func TestHintsReachListeners(t *testing.T) {
	eachHints(t, func(t *testing.T, h hints) {
		ctx, cancel := context.WithCancel(context.Background())
		c := h.Listen(ctx)
		h.Wake(ctx, "route")
		if got := <-c; got != "route" {
			t.Errorf("topic %q", got)
		}
		cancel()
		for range c { // closed when ctx ends
		}
	})
}

func TestHintsReachOtherInstances(t *testing.T) {
	a, b := openRedis(t, redisURL(t)), openRedis(t, redisURL(t))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	c := b.Listen(ctx)
	topic := fresh("drain:mco")
	again := time.NewTicker(20 * time.Millisecond) // until b has subscribed
	defer again.Stop()
	for got := ""; got != topic; {
		select {
		case got = <-c:
		case <-again.C:
			a.Wake(ctx, topic)
		case <-ctx.Done():
			t.Fatal("the hint never came")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRedisHoldsNoKeysAndNoAnswers(t *testing.T) {
	ctx := context.Background()
	srv := startRedis(t)
	r := openRedis(t, srv.url())
	r.Remember(ctx, "clinic-a", "CANARY-key-77", "m1")
	r.Allow(ctx, "clinic-a", 10)
	for word, want := range map[string]int64{"CANARY": 0, "m1": 1} { // what a purge asks it
		if n, err := r.Count(ctx, func(b []byte) bool { return strings.Contains(string(b), word) }); n != want || err != nil {
			t.Errorf("%q: %d entries, %v", word, n, err)
		}
	}
	plain := redis.NewClient(&redis.Options{Addr: srv.addr})
	defer plain.Close()
	keys, err := plain.Keys(ctx, "*").Result()
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		value := plain.Get(ctx, k).Val()
		if strings.Contains(k+value, "CANARY") {
			t.Errorf("%s = %s", k, value)
		}
		if ttl := plain.TTL(ctx, k).Val(); ttl <= 0 {
			t.Errorf("%s never expires", k)
		}
	}
}

func TestRedisURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"redis://127.0.0.1:6379/1": true, "rediss://u:p@h:1": true, "redis+cluster://a:1,b:2": true, "redis+sentinel://:pw@a:1,b:2/main": true,
		"redis+sentinel://a:1": false, "http://a": false, "": false, "redis+cluster://": false,
	} {
		r, err := store.OpenRedis(url, store.RedisOptions{Secret: secret})
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Error("the error repeats the password")
		}
		if r != nil {
			r.Close()
		}
	}
}

// privateRedis is a redis-server of one test, to be hurt.
type privateRedis struct {
	t    *testing.T
	addr string
	cmd  *exec.Cmd
}

func startRedis(t *testing.T, args ...string) *privateRedis {
	t.Helper()
	redisURL(t) // the same rule of skipping
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	s := &privateRedis{t: t, addr: addr}
	s.cmd = exec.Command("redis-server", append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, args...)...)
	var out bytes.Buffer
	s.cmd.Stdout = &out
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("redis-server: %v", err)
	}
	t.Cleanup(func() {
		s.signal(syscall.SIGCONT)
		s.cmd.Process.Kill()
		s.cmd.Wait()
	})
	plain := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: 100, MinRetryBackoff: 20 * time.Millisecond})
	defer plain.Close()
	if err := plain.Ping(context.Background()).Err(); err != nil {
		t.Fatalf("redis-server does not answer: %v\n%s", err, out.String())
	}
	return s
}

func (s *privateRedis) url() string { return "redis://" + s.addr }

func (s *privateRedis) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

func (s *privateRedis) command(args ...any) {
	s.t.Helper()
	plain := redis.NewClient(&redis.Options{Addr: s.addr})
	defer plain.Close()
	if err := plain.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// F6, small: whatever Redis does, repeats are found, contents under one key do
// not mix, nothing fails and nothing waits long.
func TestRedisNeverDecides(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		hurt func(*privateRedis)
	}{
		{"healthy", nil, func(*privateRedis) {}},
		{"killed", nil, func(s *privateRedis) { s.signal(syscall.SIGKILL); s.cmd.Wait() }},
		{"hung", nil, func(s *privateRedis) { s.signal(syscall.SIGSTOP) }},
		{"flushed", nil, func(s *privateRedis) { s.command("FLUSHALL") }},
		{"full", []string{"--maxmemory", "1mb"}, func(s *privateRedis) {}},
		{"readonly", nil, func(s *privateRedis) { s.command("REPLICAOF", "127.0.0.1", "1") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startRedis(t, c.args...)
			r := openRedis(t, srv.url())
			each(t, func(t *testing.T, s *store.Store) { receiveTwice(t, s, r, func() { c.hurt(srv) }) })
		})
	}
}

// receiveTwice sends every message twice through the gateway, and hurts Redis
// in the middle.
func receiveTwice(t *testing.T, s *store.Store, r *store.Redis, hurt func()) {
	ctx := context.Background()
	g := &gateway.Gateway{Ledger: s, Dedup: r, Now: time.Now, Wake: r.Wake,
		Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) {
			return &gateway.Partner{ID: id, Sends: []gateway.Kind{"*"}}, true
		},
		NewID: func() gateway.MessageID { return message("x", "").Message.ID },
		Mapping: func(gateway.Kind, *gateway.Partner) (gateway.Mapping, string, bool) {
			return func(*gateway.Message, *gateway.Partner) (*gateway.Mapped, error) {
				return &gateway.Mapped{Changes: []gateway.Change{create(t, patient(fresh("R")))}}, nil
			}, "test@1", true
		}}
	send := func(key, body string) (*gateway.Receipt, error) {
		return g.Receive(ctx, &gateway.Message{Partner: "clinic-a", Channel: "messages", Kind: "json/test", Key: key, Body: []byte(body)},
			func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201} })
	}
	const n = 20
	run := fresh("run")
	var first [n]gateway.MessageID
	start := time.Now()
	for i := range n {
		if i == n/2 {
			hurt()
		}
		out, err := send(fmt.Sprint(run, i), "body")
		if err != nil || out.Repeat {
			t.Fatalf("message %d: %+v, %v", i, out, err)
		}
		first[i] = out.Message.ID
	}
	for i := range n {
		out, err := send(fmt.Sprint(run, i), "body")
		if err != nil || !out.Repeat || out.Message.ID != first[i] {
			t.Errorf("repeat %d: %+v, %v", i, out, err)
		}
		if _, err := send(fmt.Sprint(run, i), "other"); code(err) != gateway.Conflict {
			t.Errorf("other content %d: %v", i, err)
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("3 x %d messages took %v: Redis is waited for", n, took)
	}
}

func TestBreakerRestsAndComesBack(t *testing.T) {
	ctx := context.Background()
	srv := startRedis(t)
	r := openRedis(t, srv.url())
	r.Remember(ctx, "p", "k", "m1")
	srv.signal(syscall.SIGSTOP)
	for range 3 {
		if _, hit := r.Recall(ctx, "p", "k"); hit {
			t.Fatal("a hung Redis answered")
		}
	}
	if r.State() != "open" {
		t.Errorf("breaker is %s after three timeouts", r.State())
	}
	if ok, _ := r.Allow(ctx, "p", 1); !ok {
		t.Error("without Redis the process's own count must serve")
	}
	if ok, _ := r.Allow(ctx, "p", 1); ok {
		t.Error("without Redis nothing was counted")
	}
	srv.signal(syscall.SIGCONT)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-again.C {
		if id, hit := r.Recall(ctx, "p", "k"); hit {
			if id != "m1" {
				t.Errorf("recall = %q", id)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("the breaker never closed again")
		}
	}
}

func TestRedisLeavesNoGoroutines(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r, err := store.OpenRedis(redisURL(t), store.RedisOptions{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	c := r.Listen(ctx)
	r.Wake(ctx, "route")
	<-c
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.Close()
}
