package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/ledger"
)

// Nightly is the job of a schedule: it reconciles the day before the slot's date,
// in the schedule's zone, and lets files be written of the run; nil = none. A slot
// that is run again finds its run finished, or goes on with it. Rows that do not
// balance fail it, with the files written: they say so too.
func Nightly(d Deps, o Options, files func(context.Context, *ledger.Run) error) jobs.Job {
	return func(ctx context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
		sum, err := Run(ctx, d, slot.Date()-1, telling(o, tell))
		if err != nil {
			return "", err
		}
		if files != nil {
			tell(gateway.Progress{Step: "writing the files"})
			run, err := d.Results.RunByID(ctx, sum.Run)
			if err == nil {
				err = files(ctx, run)
			}
			if err != nil {
				return "", errors.Join(err, balanced(sum))
			}
		}
		return result(sum, ""), balanced(sum)
	}
}

// Increment is the job of a schedule: it judges the children who have changed since
// the last full night, as of its date. The answer is that of a whole night, sooner.
func Increment(d Deps, o Options, last func(context.Context) (*ledger.Run, error)) jobs.Job {
	return func(ctx context.Context, _ jobs.Slot, tell jobs.Tell) (string, error) {
		night, err := last(ctx)
		if gateway.FaultOf(err).Code == gateway.NotFound {
			return "there is no night to build on yet", nil
		}
		if err != nil {
			return "", err
		}
		how := ", changed children"
		o := o
		o.Since, o.Told = ledger.SinceLast, func(r *ledger.Run) {
			if r.Why != "" {
				how = ", every child: " + r.Why
			}
		}
		sum, err := Run(ctx, d, night.AsOf, telling(o, tell))
		if err != nil {
			return "", err
		}
		return result(sum, how), balanced(sum)
	}
}

func result(s *ledger.Summary, how string) string {
	return fmt.Sprintf("run %s as of %s: %d lines%s", s.Run, s.AsOf, s.RowsOut, how)
}

// ErrUnbalanced says that rows were lost or doubled between the store and a run.
var ErrUnbalanced = errors.New("rows in and out differ: do not use the run, keep the data as it is and report this")

func balanced(s *ledger.Summary) error {
	if s.Balanced() {
		return nil
	}
	return fmt.Errorf("run %s: %w: %d stored, %d read, %d verdicts, %d older, %d verdicts stored", s.Run, ErrUnbalanced, s.RowsStored, s.RowsIn, s.RowsOut, s.Superseded, s.VerdictRows)
}

// telling makes a run tell how far it has come.
func telling(o Options, tell jobs.Tell) Options {
	o.fill()
	p := gateway.Progress{Step: "judging children", Unit: "parts", Of: "lines"}
	told, progress := o.Told, o.Progress
	o.Told = func(r *ledger.Run) {
		told(r)
		if p.Total = int64(r.Parts); !r.Joined {
			tell(p)
		}
	}
	o.Progress = func(done, parts int, lines int64) {
		progress(done, parts, lines)
		now := p
		now.Done, now.Total, now.Rows = int64(done), int64(parts), lines
		tell(now)
	}
	return o
}
