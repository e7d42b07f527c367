package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Door takes messages in as it takes those of any partner: the gateway's
// receiver. Seeding has no other way to the data.
type Door interface {
	Receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error)
}

// Recaller is a power that a Door may have: it finds the receipt of a message
// with the same key, nil when there is none. With it a store that was seeded on
// an earlier day is recognised and left alone.
type Recaller interface {
	Recall(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error)
}

// Importer is a power that a Door may have: the bulk door for one of the default
// tables (enrollment, authorization, service). With it older services go in as
// files, one for each partner; without it each is a message.
type Importer interface {
	Import(ctx context.Context, p gateway.PartnerID, kind, name string, file io.Reader) error
}

// Options of a seed. The same Today and Children give the same week.
type Options struct {
	Today    time.Time             // the date in the program's zone; its time of day does not count
	Children int                   // 0 = 300
	Workers  int                   // children on their way at once; 0 = 12
	Progress func(done, total int) // told of every message that is in; may be nil; calls may overlap
}

const (
	usualChildren = 300
	usualWorkers  = 12
	recallDays    = 100 // how far back an earlier seed is looked for
	busyTries     = 10
	busyPause     = 100 * time.Millisecond // longer with every try
)

// Seed brings the synthetic week in. Messages carry their keys, so a second
// call changes nothing and one that was interrupted goes on; a store that was
// seeded on an earlier day keeps that week (see Recaller).
func Seed(ctx context.Context, door Door, o Options) (*Summary, error) {
	if o.Children <= 0 {
		o.Children = usualChildren
	}
	if o.Workers <= 0 {
		o.Workers = usualWorkers
	}
	today := ledger.DayOf(o.Today)
	day, whole, err := recall(ctx, door, today)
	if err != nil {
		return nil, err
	}
	w := newWeek(day, o.Children)
	var files []table
	if _, ok := door.(Importer); ok {
		files = w.tables()
	}
	w.post()
	if whole {
		return w.summary(true), nil
	}
	last := w.keepLast()
	if err := send(ctx, door, w, o); err != nil {
		return nil, err
	}
	if err := sendFiles(ctx, door, files); err != nil {
		return nil, err
	}
	if err := put(ctx, door, last); err != nil {
		return nil, err
	}
	return w.summary(false), nil
}

// recall finds the day on which the store was seeded before, and whether that
// seed came to its end; the asked day when there is none. The first child's
// first and last message tell.
func recall(ctx context.Context, door Door, today ledger.Day) (day ledger.Day, whole bool, err error) {
	r, ok := door.(Recaller)
	if !ok {
		return today, false, nil
	}
	for d := today; d > today-recallDays; d-- {
		mail := firstChild(d).mail
		for _, m := range []*gateway.Message{mail[len(mail)-1], mail[0]} {
			found, err := r.Recall(ctx, m)
			conflict := gateway.FaultOf(err).Code == gateway.Conflict // seeded by another version
			if err != nil && !conflict {
				return 0, false, fmt.Errorf("seed: %w", err)
			}
			if found != nil || conflict {
				return d, m != mail[0], nil
			}
		}
	}
	return today, false, nil
}

// send brings the messages of all children in: those of one child in order,
// those of different children side by side.
func send(ctx context.Context, door Door, w *week, o Options) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		group sync.WaitGroup
		done  atomic.Int64
		queue = make(chan *child)
	)
	for range o.Workers {
		group.Go(func() {
			for c := range queue {
				if err := c.send(ctx, door, func() {
					if n := done.Add(1); o.Progress != nil {
						o.Progress(int(n), w.total)
					}
				}); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, c := range w.children {
		queue <- c
	}
	close(queue)
	group.Wait()
	return context.Cause(ctx)
}

// send brings the child's messages in, in their order.
func (c *child) send(ctx context.Context, door Door, sent func()) error {
	for _, m := range c.mail {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := put(ctx, door, m); err != nil {
			return err
		}
		sent()
	}
	return nil
}

// put brings one message in; everything that is seeded must be applied. A busy
// store is asked again, as every partner has to.
func put(ctx context.Context, door Door, m *gateway.Message) error {
	var r *gateway.Receipt
	var err error
	for try := range busyTries {
		again := *m // the receiver completes what it is given
		r, err = door.Receive(ctx, &again)
		if err == nil || gateway.FaultOf(err).Code != gateway.Busy || !pause(ctx, time.Duration(try+1)*busyPause) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("seed: %s of %s: %w", m.Kind, m.Partner, err)
	}
	if r.State != gateway.Accepted {
		return fmt.Errorf("seed: %s of %s is %s", m.Kind, m.Partner, r.State)
	}
	return nil
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// sendFiles brings the tables in through the bulk door.
func sendFiles(ctx context.Context, door Door, files []table) error {
	if len(files) == 0 {
		return nil
	}
	bulk, ok := door.(Importer)
	if !ok {
		return errors.New("seed: files for a door that takes none")
	}
	for _, f := range files {
		if err := bulk.Import(ctx, f.partner, f.kind, f.name, bytes.NewReader(f.body)); err != nil {
			return fmt.Errorf("seed: %s of %s: %w", f.name, f.partner, err)
		}
	}
	return nil
}
