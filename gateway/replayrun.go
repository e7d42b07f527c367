package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"
)

// ReplayRun works on the replays that people have asked for: one at a time, in
// commit order, in one instance, so that the order of every child is kept. It
// records each outcome, so that whoever comes next goes on behind it.
type ReplayRun struct {
	Jobs   Jobs
	Replay *Replay
	Leases Leases
	Holder string        // name of this instance
	Sweep  time.Duration // how often to look without a hint; 0 = 2 s
	Report func(*Job)    // after each outcome; may be nil
	Log    *slog.Logger
}

const replayLease = 30 * time.Second

// Run works until ctx ends.
func (r *ReplayRun) Run(ctx context.Context) error {
	hints := r.Replay.Hints.Listen(ctx)
	tick := time.NewTicker(cmp.Or(r.Sweep, 2*time.Second))
	defer tick.Stop()
	for {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("replay", "op", "replay", "code", FaultOf(err).Code, "error", err)
		}
		if !AwaitTopic(ctx, hints, tick.C, TopicReplay) {
			return nil
		}
	}
}

// Once works on all that waits, unless another instance does.
func (r *ReplayRun) Once(ctx context.Context) error {
	for {
		job, err := r.Jobs.NextJob(ctx)
		if err != nil || job == nil {
			return err
		}
		held, err := r.Leases.Lease(ctx, TopicReplay, r.Holder, replayLease)
		if err != nil || !held {
			return err
		}
		err = r.job(ctx, job)
		_ = r.Leases.Unlease(context.WithoutCancel(ctx), TopicReplay, r.Holder) // it ends by itself if this fails
		if err != nil && !errors.Is(err, ErrFenced) {
			return err
		}
	}
}

// job goes on with a replay until its end, or until somebody stops it.
func (r *ReplayRun) job(ctx context.Context, j *Job) error {
	wait, stop := j.order().pace()
	defer stop()
	leased := time.Now()
	for {
		page, err := r.targets(ctx, j)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return r.finish(ctx, j)
		}
		for _, t := range page {
			if err := wait(ctx); err != nil {
				return err
			}
			if time.Since(leased) > replayLease/3 {
				held, err := r.Leases.Lease(ctx, TopicReplay, r.Holder, replayLease)
				if err != nil || !held {
					return errors.Join(err, ErrFenced)
				}
				leased = time.Now()
			}
			if err := r.one(ctx, j, t); err != nil {
				return err
			}
		}
	}
}

// target is one message or delivery, and the place behind it.
type target struct {
	message  MessageID
	delivery DeliveryID
	lane     Lane
	place    string
}

// jobPage is small, so that a pause has effect soon and a page is not old when
// it is worked on.
const jobPage = 50

func (r *ReplayRun) targets(ctx context.Context, j *Job) ([]target, error) {
	page := Paging{After: j.Place, Limit: jobPage}
	var out []target
	if j.Kind == JobDeliveries {
		list, _, err := r.Replay.Parked.ListDeliveries(ctx, j.Deliveries, page)
		for _, d := range list {
			out = append(out, target{d.Message, d.ID, d.Lane, d.Cursor()})
		}
		return out, err
	}
	list, _, err := r.Replay.Store.Messages(ctx, j.Messages, page)
	for _, m := range list {
		out = append(out, target{message: m.ID, place: m.Cursor()})
	}
	return out, err
}

// one works on one target and records it. A fault that will pass stops the job
// where it is: the next sweep goes on from there.
func (r *ReplayRun) one(ctx context.Context, j *Job, t target) error {
	var out Outcome
	if t.delivery != "" {
		out = r.Replay.release(ctx, t.message, t.delivery, j.order())
	} else {
		out = r.Replay.message(ctx, t.message, j.order())
	}
	if err := ctx.Err(); err != nil {
		return err // it was cut off, not refused
	}
	if out.Fault != nil && out.Fault.Code == Busy {
		return out.Fault
	}
	j.count(out)
	j.Place = t.place
	if err := r.Jobs.Progress(ctx, j, out); err != nil {
		return err
	}
	if out.Fault == nil {
		r.wake(ctx, t)
	}
	if r.Report != nil {
		r.Report(j)
	}
	return nil
}

func (r *ReplayRun) wake(ctx context.Context, t target) {
	if t.delivery != "" {
		r.Replay.Hints.Wake(ctx, TopicDrain(t.lane.Partner))
		return
	}
	r.Replay.Hints.Wake(ctx, TopicRoute)
}

func (j *Job) count(out Outcome) {
	var s Summary
	s.add(out, Order{})
	j.Applied, j.Held, j.Failed, j.Done = j.Applied+s.Applied, j.Held+s.Held, j.Failed+s.Failed, j.Done+1
}

func (r *ReplayRun) finish(ctx context.Context, j *Job) error {
	j.State = JobDone
	if err := r.Jobs.FinishJob(ctx, j); err != nil {
		return err
	}
	r.Log.Info("replay done", "op", "replay", "job", j.ID, "applied", j.Applied, "held", j.Held, "failed", j.Failed)
	if r.Report != nil {
		r.Report(j)
	}
	return nil
}
