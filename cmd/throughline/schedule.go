package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/clocks"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
)

// clock rings the schedules of the configuration; nil when there are none.
func (a *App) clock() (*jobs.Service, error) {
	s := &jobs.Service{Slots: a.Store, Holder: a.name, Now: time.Now, Log: a.Log}
	for _, c := range a.Config.Schedules {
		times, err := jobs.ParseCalendar(c.Cron, c.Zone)
		if err != nil {
			return nil, usage(err.Error(), "correct the schedule "+c.Name)
		}
		s.Schedules = append(s.Schedules, jobs.Schedule{Name: c.Name, Times: times, Missed: jobs.Missed(c.Missed), Job: a.jobOf(c.Job)})
	}
	if len(s.Schedules) == 0 {
		return nil, nil
	}
	return s, nil
}

// jobOf is the job of a name; config knows no other names.
func (a *App) jobOf(name string) jobs.Job {
	return map[string]jobs.Job{"reconcile": a.nightly, "increment": a.increment, "clocks": a.lookAtClocks, "compliance": a.comply, "retention": a.retain}[name]
}

// lookAtClocks flags decisions that are late or nearly so.
func (a *App) lookAtClocks(ctx context.Context, _ jobs.Slot, _ jobs.Tell) (string, error) {
	sum, err := clocks.Run(ctx, clocks.Deps{Store: a.Store, Kept: a.Store, Steps: a.stepsOf, Table: a.Config.Clocks, Zone: a.zoneOf, Log: a.Log}, time.Now())
	return sum.String(), err
}

// nightly reconciles the day before the slot and writes its files beside the
// data.
func (a *App) nightly(ctx context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
	yesterday := slot.Date() - 1
	sum, err := reconcile.Run(ctx, a.reconcileDeps(), yesterday, telling(reconcile.Options{}, tell))
	if err != nil {
		return "", err
	}
	run, err := a.Store.RunByID(ctx, sum.Run)
	if err != nil {
		return "", err
	}
	tell(gateway.Progress{Step: "writing the files"})
	if _, err := reconcile.Export(ctx, a.reconcileDeps(), run, filepath.Join(a.Config.Store.DataDir, "reports", yesterday.String()), reconcile.ExportOptions{Excel: true}); err != nil {
		return "", err
	}
	return fmt.Sprintf("run %s as of %s: %d lines", sum.Run, sum.AsOf, sum.RowsOut), nil
}

// telling makes a run tell how far it has come.
func telling(o reconcile.Options, tell jobs.Tell) reconcile.Options {
	p := gateway.Progress{Step: "judging children", Unit: "parts", Of: "lines"}
	before := o.Told
	o.Told = func(r *ledger.Run) {
		if before != nil {
			before(r)
		}
		if p.Total = int64(r.Parts); !r.Joined {
			tell(p)
		}
	}
	o.Progress = func(done, parts int, lines int64) {
		now := p
		now.Done, now.Total, now.Rows = int64(done), int64(parts), lines
		tell(now)
	}
	return o
}

// increment judges the children who have changed since the last full night, as of
// its date: the same answer as a whole night would give, sooner.
func (a *App) increment(ctx context.Context, _ jobs.Slot, tell jobs.Tell) (string, error) {
	last, err := a.Store.LastRun(ctx)
	if gateway.FaultOf(err).Code == gateway.NotFound {
		return "there is no night to build on yet", nil
	}
	if err != nil {
		return "", err
	}
	how := "changed children"
	sum, err := reconcile.Run(ctx, a.reconcileDeps(), last.AsOf, telling(reconcile.Options{Since: ledger.SinceLast, Told: func(r *ledger.Run) {
		if r.Why != "" {
			how = "every child: " + r.Why
		}
	}}, tell))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("run %s as of %s: %d lines, %s", sum.Run, sum.AsOf, sum.RowsOut, how), nil
}
