package faults

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// PostgreSQL itself is killed, with all its processes: the gateway goes on as
// soon as it is back, and while it is away every sender is told to come again.
func TestF3DatabaseKilledUnderLoad(t *testing.T) {
	ctx, c := within(t, 3*time.Minute), newCluster(t)
	c.run("create database load")
	s := openStore(t, c.url("load"))
	l := newLoad(t, receive(newGateway(s, store.NewMemory())))
	stop := l.start(ctx)
	for range scaled(3, 100) {
		l.await(ctx, 30)
		time.Sleep(moment()) // chance decides where in its work the server is
		c.crash()
		c.start()
	}
	l.await(ctx, 30)
	stop()
	t.Logf("errors the clients saw: %v", l.faults)
	for code, n := range l.faults {
		if code != gateway.Busy {
			t.Errorf("%d senders were told %q while the database was away, want busy", n, code)
		}
	}
	l.count(ctx, s).clean(t)
}

// With synchronous_commit=off the server answers before its log is written: the
// production profile refuses it (protocol.md R1), and this is why. The process
// that writes the log in the background is stopped, so that nobody writes it by
// chance; a server that is set up safely needs it for nothing.
func TestF3ControlAsynchronousCommit(t *testing.T) {
	c := newCluster(t, "autovacuum=off", "bgwriter_lru_maxpages=0", "wal_buffers=64MB")
	if n := crashWithoutWriter(t, c, "safe"); n.lost > 0 {
		t.Errorf("with synchronous_commit=on: %+v", n)
	}
	c.settings = append(c.settings, "synchronous_commit=off")
	c.crash()
	c.start()
	if n := crashWithoutWriter(t, c, "unsafe"); n.lost == 0 {
		t.Errorf("the control shows nothing: %+v", n)
	}
}

func crashWithoutWriter(t *testing.T, c *cluster, database string) count {
	t.Helper()
	ctx := within(t, 2*time.Minute)
	c.run("create database " + database)
	s := openStore(t, c.url(database))
	c.run("checkpoint") // the tables are on disk
	if err := syscall.Kill(c.one("select pid from pg_stat_activity where backend_type = 'walwriter'"), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	l := newLoad(t, receive(newGateway(s, store.NewMemory())))
	l.blind = true
	stop := l.start(ctx)
	l.await(ctx, 100)
	stop()
	c.crash()
	c.start()
	n := l.count(ctx, openStore(t, c.url(database)))
	t.Logf("%s: %+v", database, n)
	return n
}

// The reply to COMMIT is lost again and again: the message is looked up on a new
// connection and acknowledged (protocol.md R5).
func TestF3CommitWithoutReply(t *testing.T) {
	ctx, direct := within(t, 2*time.Minute), storetest.Postgres(t)
	var on atomic.Bool
	var replies, cuts atomic.Int64
	lose := func() bool {
		if !on.Load() || replies.Add(1)%3 != 0 {
			return false
		}
		cuts.Add(1)
		return true
	}
	url, closer, err := proxied(direct, func() bool { return false }, lose)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	s := openStore(t, url)
	l := newLoad(t, receive(newGateway(s, store.NewMemory())))
	on.Store(true)
	stop := l.start(ctx)
	l.await(ctx, scaled(200, 20000))
	stop()
	on.Store(false)
	t.Logf("%d replies lost; errors the clients saw: %v", cuts.Load(), l.faults)
	if cuts.Load() == 0 || len(l.faults) > 0 {
		t.Errorf("%d replies were lost, and clients saw %v; want none", cuts.Load(), l.faults)
	}
	l.count(ctx, s).clean(t)
}

// A message without a key has its id: one whose COMMIT gave no reply is not
// reported as failed, or its sender would send it twice.
func TestF3CommitWithoutReplyWithoutKey(t *testing.T) {
	ctx, direct := within(t, time.Minute), storetest.Postgres(t)
	var once atomic.Bool
	url, closer, err := proxied(direct, func() bool { return false }, func() bool { return once.CompareAndSwap(true, false) })
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	s := openStore(t, url)
	g := newGateway(s, store.NewMemory())
	m := step{N: 1}.message()
	m.Key = ""
	once.Store(true)
	r, err := g.Receive(ctx, m, reply)
	if err != nil || r.Repeat || once.Load() {
		t.Fatalf("receipt %+v, %v; reply lost: %v", r, err, !once.Load())
	}
	if plans := plansOf(ctx, t, s); plans[step{N: 1}.key()] != 1 {
		t.Errorf("effects %v", plans)
	}
}
