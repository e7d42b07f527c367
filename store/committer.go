package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// committer lets messages that arrive together share one COMMIT, each behind a
// savepoint of its own. It has no goroutine: whoever finds a free place leads,
// takes what waits, and hands its place to the next in line.
type committer struct {
	store *Store
	mu    sync.Mutex
	queue []*job
	free  int // places for leaders
	size  int // messages of one group at the most
}

type job struct {
	ctx  context.Context
	work func(context.Context, *tx) (*gateway.Receipt, error)
	out  *gateway.Receipt
	err  error
	lead chan struct{} // closed when this job's owner has to lead
	done chan struct{}
}

func newCommitter(s *Store) *committer {
	leaders, size := s.dialect.grouping()
	return &committer{store: s, free: leaders, size: size}
}

// do runs work in a transaction, alone or together with others.
func (c *committer) do(ctx context.Context, work func(context.Context, *tx) (*gateway.Receipt, error)) (*gateway.Receipt, error) {
	j := &job{ctx: ctx, work: work, lead: make(chan struct{}), done: make(chan struct{})}
	c.mu.Lock()
	c.queue = append(c.queue, j)
	if c.free > 0 {
		c.free--
		c.mu.Unlock()
		c.run()
	} else {
		c.mu.Unlock()
	}
	return c.await(ctx, j)
}

// await waits for the job's end, leading a group when asked to.
func (c *committer) await(ctx context.Context, j *job) (*gateway.Receipt, error) {
	lead := j.lead
	for {
		select {
		case <-lead:
			lead = nil
			c.run()
		case <-j.done:
			if lead != nil && closed(lead) { // somebody else took the job along: the place is still ours to pass on
				c.run()
			}
			return j.out, j.err
		case <-ctx.Done():
			if c.withdraw(j) {
				return nil, ctx.Err()
			}
			ctx = context.Background()
		}
	}
}

// run commits what waits, once, and passes the place on.
func (c *committer) run() {
	c.mu.Lock()
	n := min(len(c.queue), c.size)
	group := slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
	c.mu.Unlock()
	if n > 0 {
		c.store.commitGroup(group)
	}
	for _, j := range group {
		close(j.done)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handOver()
}

// handOver gives the caller's place to the first waiting job that has none.
func (c *committer) handOver() {
	for _, j := range c.queue {
		if !closed(j.lead) {
			close(j.lead)
			return
		}
	}
	c.free++
}

// withdraw takes a job back that no group has taken yet. A job that was asked
// to lead passes that on.
func (c *committer) withdraw(j *job) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.queue, j)
	if i < 0 {
		return false
	}
	c.queue = slices.Delete(c.queue, i, i+1)
	if closed(j.lead) {
		c.handOver()
	}
	return true
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// commitGroup commits a group in one transaction. What cannot share one (a
// deadlock, a lost connection) is tried again alone.
func (s *Store) commitGroup(group []*job) {
	ctx, cancel := patient(group[0].ctx)
	defer cancel()
	if len(group) == 1 || s.tryGroup(ctx, group) != nil {
		for _, j := range group {
			s.commitAlone(j)
		}
		return
	}
	for _, j := range group {
		if j.err != nil && s.dialect.retryable(j.err) {
			s.commitAlone(j)
		}
	}
}

func (s *Store) commitAlone(j *job) {
	ctx, cancel := patient(j.ctx)
	defer cancel()
	db, _ := s.dialect.keyed(s)
	j.err = s.inTxOn(ctx, db, func(t *tx) error { return j.apply(ctx, t) })
}

// apply does the work. A panic in it is a fault of this message alone: the
// leader runs the work of others, and its place must come back.
func (j *job) apply(ctx context.Context, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil { // what it says may hold a body: only the place is told
			err = &gateway.Fault{Op: "commit", Code: gateway.Internal, Err: fmt.Errorf("panic of type %T\n%s", p, debug.Stack())}
		}
	}()
	j.out, err = j.work(ctx, t)
	return err
}

// patience bounds one transaction: a database host that vanishes without a word
// must not hold the places of the leaders for ever (protocol.md R13).
const patience = time.Minute

// patient outlives the caller, who may hang up, but not the patience.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

func (s *Store) tryGroup(ctx context.Context, group []*job) error {
	db, _ := s.dialect.keyed(s)
	t, err := s.dialect.begin(ctx, db)
	if err != nil {
		return err
	}
	defer t.rollback()
	for i, j := range group {
		if err := runBehindSavepoint(ctx, t, j, savepoints[i%2]); err != nil {
			return err
		}
	}
	return t.commit(ctx)
}

// savepoints alternate: when a message fails before its savepoint was sent, its
// name must not lead back behind the message before, whose release was not sent
// either.
var savepoints = [2]string{"savepoint a", "savepoint b"}

func runBehindSavepoint(ctx context.Context, t *tx, j *job, savepoint string) error {
	t.put(savepoint)
	if j.err = j.apply(ctx, t); j.err == nil {
		j.err = t.flush(ctx)
	}
	if j.err == nil {
		t.put("release " + savepoint)
		return nil
	}
	t.queue = t.queue[:0]
	t.ordered = false // the lock may have gone with the savepoint
	t.put("rollback to " + savepoint)
	t.put("release " + savepoint)
	return t.flush(ctx)
}
