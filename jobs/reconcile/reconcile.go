// Package reconcile runs the ledger's law over every child: it claims ranges of
// member buckets, settles the cases in them, writes verdicts and use with a
// checkpoint, and publishes the run when every range is done. Several instances
// may share one run; one that dies costs at most the ranges it held. Export and
// Explain read what a run has left. The law itself is ledger.Settle; the rows
// come and go through the interfaces below.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Runs keeps runs, their parts and their checkpoints.
type Runs interface {
	BeginRun(ctx context.Context, spec ledger.RunSpec) (*ledger.Run, error)
	ClaimPart(ctx context.Context, run *ledger.Run, ttl time.Duration) (part *ledger.Part, open int, err error)
	RenewPart(ctx context.Context, p *ledger.Part, ttl time.Duration) error
	SavePart(ctx context.Context, p *ledger.Part, settle func(add func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error)) error
	FinishRun(ctx context.Context, id string) (*ledger.Run, error)
	CheckBucket(ctx context.Context, run *ledger.Run, bucket int, settle func(add func(*ledger.Case, *ledger.Result)) error) (rows, differ int64, err error)
}

// Facts are the ledger's rows.
type Facts interface {
	Known(ctx context.Context) (int64, error)
	StreamCases(ctx context.Context, lo, hi int, known int64, f func(*ledger.Case) error) error
	StreamChanged(ctx context.Context, run *ledger.Run, lo, hi int, f func(*ledger.Case) error) error
	CaseOfLine(ctx context.Context, c *gateway.Caller, partner, id string, known int64) (*ledger.Case, error)
}

// Results are what published runs have found, each in order of (id, partner).
type Results interface {
	RunOf(ctx context.Context, asOf ledger.Day) (*ledger.Run, error)
	RunByID(ctx context.Context, id string) (*ledger.Run, error)
	EachVerdict(ctx context.Context, run *ledger.Run, f func(*ledger.VerdictRow) error) error
	EachSplit(ctx context.Context, run *ledger.Run, f func(*ledger.SplitRow) error) error
	EachUse(ctx context.Context, run *ledger.Run, f func(*ledger.Use) error) error
	EachFinding(ctx context.Context, run *ledger.Run, f func(*ledger.FindingRow) error) error
}

// Deps are what the job works with; the store is all three.
type Deps struct {
	Runs    Runs
	Facts   Facts
	Results Results
	Rules   *ledger.Rules // nil = ledger.DefaultRules
	Checked func(Check)   // hears of each self-check; nil = nobody does
}

func (d *Deps) rules() *ledger.Rules {
	if d.Rules == nil {
		return ledger.DefaultRules()
	}
	return d.Rules
}

// Options of one run.
type Options struct {
	Known    int64                                   // watermark; 0 = everything committed now
	DryRun   bool                                    // settle and count, write nothing
	Since    string                                  // judge only who has changed since a full run, see ledger.RunSpec; empty = everybody
	Full     bool                                    // judge everybody, even if an incremental run of the same facts stands
	Told     func(*ledger.Run)                       // hears of the run when it is begun or joined
	Workers  int                                     // 0 = one for each processor but one, which live traffic keeps
	Progress func(partsDone, parts int, lines int64) // parts by whomever; lines by this process
	Lease    time.Duration                           // of a part; 0 = 30 s
}

func (o *Options) fill() {
	if o.Workers <= 0 {
		o.Workers = max(runtime.GOMAXPROCS(0)-1, 1)
	}
	if o.Told == nil {
		o.Told = func(*ledger.Run) {}
	}
	if o.Progress == nil {
		o.Progress = func(int, int, int64) {}
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
}

// Buckets is the number of member buckets of a store.
const Buckets = 256

// Run reconciles every child as of a date and answers with the summary of the
// published run. Called again for the same facts it answers at once.
func Run(ctx context.Context, d Deps, asOf ledger.Day, o Options) (*ledger.Summary, error) {
	o.fill()
	rules := d.rules()
	spec := ledger.RunSpec{AsOf: asOf, Known: o.Known, Rules: rules.Version(), Zone: zoneName(rules), Since: o.Since, Full: o.Full}
	if o.DryRun {
		return dryRun(ctx, d, spec, o)
	}
	for {
		run, err := d.Runs.BeginRun(ctx, spec)
		if err != nil {
			return nil, fmt.Errorf("begin run: %w", err)
		}
		o.Told(run)
		resumed, stood := run.Resumed, run.Published
		if run, err = work(ctx, d, run, o); err != nil {
			return nil, err
		}
		if !stood {
			if err := check(ctx, d, run); err != nil {
				return nil, err
			}
		}
		if o.Full && run.Base != 0 { // somebody was at an incremental run of the same facts
			continue
		}
		if !resumed || o.Known != 0 {
			return run.Summary, nil
		}
		known, err := d.Facts.Known(ctx) // a crashed run is finished as it began; facts since then need one of their own
		if err != nil || known == run.Known {
			return run.Summary, err
		}
	}
}

func zoneName(r *ledger.Rules) string {
	if r.Zone == nil {
		return "UTC"
	}
	return r.Zone.String()
}

// work does parts of a run until it is published, by this process or another.
func work(ctx context.Context, d Deps, run *ledger.Run, o Options) (*ledger.Run, error) {
	for !run.Published {
		n := &night{Deps: d, run: run, o: o}
		g, inner := errgroup.WithContext(ctx)
		for range min(o.Workers, run.Parts) {
			g.Go(func() error { return n.worker(inner) })
		}
		err := g.Wait()
		if err != nil {
			return nil, fmt.Errorf("reconcile: %w", err)
		}
		if run, err = d.Runs.FinishRun(ctx, run.ID); err != nil {
			return nil, fmt.Errorf("finish run: %w", err)
		}
	}
	return run, nil
}

// night is one process at work on one run.
type night struct {
	Deps
	run   *ledger.Run
	o     Options
	open  atomic.Int64 // parts that nobody has done
	lines atomic.Int64
}

// pause is the time between two looks at parts that others hold.
const pause = 200 * time.Millisecond

// worker takes parts until none is open.
func (n *night) worker(ctx context.Context) error {
	settler := ledger.NewSettler(n.rules())
	for {
		part, open, err := n.Runs.ClaimPart(ctx, n.run, n.o.Lease)
		n.open.Store(int64(open))
		switch {
		case err != nil:
			return err
		case part == nil && open == 0:
			return nil
		case part == nil:
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			continue
		}
		if err := n.part(ctx, settler, part); err != nil && !errors.Is(err, ledger.ErrLostPart) {
			return fmt.Errorf("part %d: %w", part.No, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// part settles one range of buckets and saves it, renewing its lease meanwhile.
func (n *night) part(ctx context.Context, settler *ledger.Settler, p *ledger.Part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		n.heartbeat(ctx, cancel, p)
	}()
	err := n.Runs.SavePart(ctx, p, func(add func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error) {
		return n.settle(ctx, settler, p, add)
	})
	if cause := context.Cause(ctx); errors.Is(cause, ledger.ErrLostPart) {
		err = cause
	}
	cancel(nil)
	<-beating
	if err == nil {
		n.o.Progress(n.run.Parts-int(n.open.Add(-1)), n.run.Parts, n.lines.Load())
	}
	return err
}

// settle judges the children of a range of buckets.
func (n *night) settle(ctx context.Context, settler *ledger.Settler, p *ledger.Part, add func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error) {
	tally := ledger.NewTally()
	judge := func(c *ledger.Case) {
		r := settler.Settle(c, n.run.AsOf)
		tally.Add(c, r, n.run.AsOf, n.rules())
		add(c, r)
		n.lines.Add(int64(len(r.Lines)))
	}
	if n.run.Base == 0 {
		return tally, n.Facts.StreamCases(ctx, p.Lo, p.Hi, n.run.Known, func(c *ledger.Case) error { judge(c); return nil })
	}
	gone, was := ledger.NewTally(), ledger.Case{}
	err := n.Facts.StreamChanged(ctx, n.run, p.Lo, p.Hi, func(c *ledger.Case) error {
		if c.Before(n.run.BaseKnown, &was) { // what the base counted of the child is counted no longer
			gone.Add(&was, settler.Settle(&was, n.run.AsOf), n.run.AsOf, n.rules())
		}
		judge(c)
		return nil
	})
	tally.Subtract(gone)
	return tally, err
}

// heartbeat keeps the lease of a part until ctx ends, and gives the part up when
// somebody else has it. A renewal that has begun is not broken off.
func (n *night) heartbeat(ctx context.Context, giveUp context.CancelCauseFunc, p *ledger.Part) {
	for sleep(ctx, n.o.Lease/3) == nil {
		if err := n.Runs.RenewPart(context.WithoutCancel(ctx), p, n.o.Lease); errors.Is(err, ledger.ErrLostPart) {
			giveUp(err)
			return
		}
	}
}

// dryRun settles everything and keeps only the count.
func dryRun(ctx context.Context, d Deps, spec ledger.RunSpec, o Options) (*ledger.Summary, error) {
	if spec.Known == 0 {
		var err error
		if spec.Known, err = d.Facts.Known(ctx); err != nil {
			return nil, err
		}
	}
	settler := ledger.NewSettler(d.rules())
	sum := &ledger.Summary{Run: spec.ID(), AsOf: spec.AsOf.String(), Known: spec.Known, Rules: spec.Rules, Zone: spec.Zone, Inputs: []ledger.Input{}, Tally: *ledger.NewTally()}
	for bucket := range Buckets {
		err := d.Facts.StreamCases(ctx, bucket, bucket, spec.Known, func(c *ledger.Case) error {
			sum.Add(c, settler.Settle(c, spec.AsOf), spec.AsOf, d.rules())
			return nil
		})
		if err != nil {
			return nil, err
		}
		o.Progress(bucket+1, Buckets, sum.RowsOut)
	}
	sum.RowsStored, sum.VerdictRows = sum.RowsIn, sum.RowsOut // nothing is stored to compare with
	return sum, nil
}
