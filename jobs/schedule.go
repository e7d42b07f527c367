package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/throughline/throughline/gateway"
)

// Slots are the rows that decide who runs what (table schedule_run).
type Slots interface {
	LastSlot(ctx context.Context, schedule, upTo string) (string, error)
	OpenSlots(ctx context.Context, schedule string) ([]string, error)
	ClaimSlot(ctx context.Context, schedule, slot, holder string, ttl time.Duration) (attempts int, err error)
	RenewSlot(ctx context.Context, schedule, slot, holder string, ttl time.Duration, p *gateway.Progress) (held bool, err error)
	FinishSlot(ctx context.Context, schedule, slot, holder, state, result string, again time.Time) (held bool, err error)
}

// Missed says what becomes of slots that passed while nobody was there.
type Missed string

// Latest runs the newest missed slot only; All runs them all, oldest first; Skip
// runs none and waits for the next.
const (
	Latest Missed = "latest"
	All    Missed = "all"
	Skip   Missed = "skip"
)

// missedAfter is how late a slot may be begun before it counts as missed.
const missedAfter = 5 * time.Minute

// Words says what the policy does.
func (m Missed) Words() string {
	switch m {
	case All:
		return "runs each of them, oldest first"
	case Skip:
		return "skips them and waits for the next"
	}
	return "runs once, for the newest of them"
}

// Job does the work of one slot and says in a word what came of it. It must be
// safe to begin again: a slot whose leader died is run by another. On its way it
// may tell how far it has come, as often as it likes.
type Job func(ctx context.Context, slot Slot, tell Tell) (result string, err error)

// Tell takes how far a job has come: Step, Done, Total, Unit and Rows.
type Tell func(gateway.Progress)

// Schedule is a job and its times.
type Schedule struct {
	Name   string
	Times  *Calendar
	Missed Missed
	Job    Job
}

// Service rings the schedules of one instance. All instances ring; the row of
// the slot decides which of them runs it.
type Service struct {
	Slots     Slots
	Schedules []Schedule
	Holder    string // names this instance
	Now       func() time.Time
	Log       *slog.Logger
	Lease     time.Duration // of a running slot; 0 = 30 s

	busy sync.Map // schedules that this instance is running

	skipped sync.Map // the newest missed slot of a schedule that the log has told of
	wg      sync.WaitGroup
	rung    chan struct{}
	once    sync.Once
}

// Ring makes a service that runs look for slots that are due now, without waiting
// for the minute.
func (s *Service) Ring() {
	select {
	case s.bell() <- struct{}{}:
	default: // it is about to look anyhow
	}
}

func (s *Service) bell() chan struct{} {
	s.once.Do(func() { s.rung = make(chan struct{}, 1) })
	return s.rung
}

// tries is how often a slot that fails is run before it is given up.
const tries = 5

// Run rings until ctx ends, then waits for the jobs it has begun, whose context
// ends too. Beside the times of every schedule it looks once a minute for slots
// that are due: those the clocks skipped, missed ones, and those whose leader
// died (protocol.md R9, R14).
func (s *Service) Run(ctx context.Context) error {
	ring := func() { s.Sweep(ctx) }
	c := cron.New(cron.WithParser(cron.NewParser(cron.Minute|cron.Hour|cron.Dom|cron.Month|cron.Dow|cron.Descriptor)),
		cron.WithLogger(cronLog{s.Log}), cron.WithChain(cron.Recover(cronLog{s.Log})))
	for _, times := range append(specs(s.Schedules), "* * * * *") {
		if _, err := c.AddFunc(times, ring); err != nil {
			return fmt.Errorf("schedules: %w", err)
		}
	}
	s.Sweep(ctx)
	c.Start()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.bell():
			ring()
		}
	}
	<-c.Stop().Done()
	s.wg.Wait()
	return nil
}

func specs(schedules []Schedule) []string {
	out := make([]string, len(schedules))
	for i, sch := range schedules {
		out[i] = sch.Times.String()
	}
	return out
}

// Sweep starts whatever is due now and not run by anybody, each schedule at most
// once at a time in this instance.
func (s *Service) Sweep(ctx context.Context) {
	for i := range s.Schedules {
		sch := &s.Schedules[i]
		if _, running := s.busy.LoadOrStore(sch.Name, true); running {
			continue
		}
		s.wg.Go(func() {
			defer s.busy.Delete(sch.Name)
			if err := s.catchUp(ctx, sch); err != nil && ctx.Err() == nil {
				s.Log.Error("schedule", "op", sch.Name, "error", err.Error())
			}
		})
	}
}

// Wait returns when everything that Sweep has started is over.
func (s *Service) Wait() { s.wg.Wait() }

// catchUp runs the slots of one schedule that are due.
func (s *Service) catchUp(ctx context.Context, sch *Schedule) error {
	open, err := s.Slots.OpenSlots(ctx, sch.Name)
	if err != nil {
		return err
	}
	for _, text := range open {
		slot, err := sch.Times.slot(text)
		if err != nil {
			return err
		}
		if err := s.run(ctx, sch, slot); err != nil {
			return err
		}
	}
	due, err := s.due(ctx, sch)
	if err != nil {
		return err
	}
	for _, slot := range s.policy(sch, due) {
		if err := s.run(ctx, sch, slot); err != nil {
			return err
		}
	}
	return nil
}

// policy leaves out what is not made up for. Such slots get no rows: a clock that
// ran ahead must not use up the future.
func (s *Service) policy(sch *Schedule, due []Slot) []Slot {
	from := 0
	switch {
	case sch.Missed == Skip:
		for from < len(due) && s.Now().Sub(due[from].At()) >= missedAfter {
			from++
		}
	case sch.Missed != All:
		from = max(len(due)-1, 0)
	}
	if from > 0 {
		newest := due[from-1].String()
		if told, again := s.skipped.Swap(sch.Name, newest); !again || told != newest {
			s.Log.Warn("schedule: missed slots are skipped", "op", sch.Name, "skipped", from, "first", due[0].String())
		}
	}
	return due[from:]
}

// due lists the slots since the last one that has a row. The first time ever
// there is nothing to catch up with: the row of that minute says so.
func (s *Service) due(ctx context.Context, sch *Schedule) ([]Slot, error) {
	now := s.Now()
	wall := sch.Times.Now(now)
	text, err := s.Slots.LastSlot(ctx, sch.Name, wall.String())
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, s.install(ctx, sch, Slot{wall.wall.Add(-time.Minute), wall.zone})
	}
	last, err := sch.Times.slot(text)
	if err != nil {
		return nil, err
	}
	return sch.Times.due(last, now), nil
}

// install writes the row from which missed slots are counted.
func (s *Service) install(ctx context.Context, sch *Schedule, slot Slot) error {
	attempts, err := s.Slots.ClaimSlot(ctx, sch.Name, slot.String(), s.Holder, s.lease())
	if err != nil || attempts == 0 {
		return err
	}
	_, err = s.Slots.FinishSlot(ctx, sch.Name, slot.String(), s.Holder, "installed", "", s.Now())
	return err
}

func (s *Service) lease() time.Duration {
	if s.Lease > 0 {
		return s.Lease
	}
	return 30 * time.Second
}

// run does a slot's job if this instance gets the slot. A panic of the job is
// its failure.
func (s *Service) run(ctx context.Context, sch *Schedule, slot Slot) error {
	attempts, err := s.Slots.ClaimSlot(ctx, sch.Name, slot.String(), s.Holder, s.lease())
	if err != nil || attempts == 0 {
		return err
	}
	inner, lost := context.WithCancel(ctx)
	beat, far := make(chan struct{}), &watched{now: s.Now}
	go func() {
		defer close(beat)
		s.heartbeat(inner, lost, sch, slot, far)
	}()
	result, failure := s.safely(inner, sch, slot, far)
	lost()
	<-beat
	return s.finish(ctx, sch, slot, attempts, result, failure)
}

func (s *Service) safely(ctx context.Context, sch *Schedule, slot Slot, far *watched) (result string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return sch.Job(ctx, slot, far.tell)
}

// progressEvery is how often at most it is kept how far a job has come.
const progressEvery = time.Second

// heartbeat keeps the slot, and how far its job has come, until ctx ends; who has
// lost it stops.
func (s *Service) heartbeat(ctx context.Context, lost context.CancelFunc, sch *Schedule, slot Slot, far *watched) {
	every := s.lease() / 3
	tick := time.NewTicker(min(every, progressEvery))
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		news := far.news()
		if news == nil && time.Since(renewed) < every {
			continue
		}
		renewed = time.Now()
		held, err := s.Slots.RenewSlot(context.WithoutCancel(ctx), sch.Name, slot.String(), s.Holder, s.lease(), news)
		if err == nil && !held {
			lost()
			return
		}
	}
}

// finish records what came of a slot. One that failed is given back to be tried
// again later; one that was broken off by the end of this process at once.
func (s *Service) finish(ctx context.Context, sch *Schedule, slot Slot, attempts int, result string, failure error) error {
	state, again := "done", s.Now()
	switch {
	case failure == nil:
	case ctx.Err() != nil:
		state, result = "running", "broken off"
	case attempts < tries:
		state, result, again = "running", failure.Error(), again.Add(time.Duration(attempts)*time.Minute)
	default:
		state, result = "failed", failure.Error()
	}
	if failure != nil && ctx.Err() == nil {
		s.Log.Error("schedule", "op", sch.Name, "slot", slot.String(), "attempt", attempts, "error", failure.Error())
	}
	_, err := s.Slots.FinishSlot(context.WithoutCancel(ctx), sch.Name, slot.String(), s.Holder, state, result, again)
	return err
}

// cronLog hands cron's words to slog.
type cronLog struct{ log *slog.Logger }

// Info is too chatty to keep.
func (cronLog) Info(string, ...any) {}

// Error reports a fault of the ringer itself.
func (l cronLog) Error(err error, msg string, _ ...any) { l.log.Error(msg, "error", err.Error()) }
