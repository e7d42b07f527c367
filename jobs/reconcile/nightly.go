package reconcile

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/jobs"
)

// Nightly is the job of a schedule: it reconciles the day before the slot's
// date, in the schedule's zone. A slot that is run again finds its run finished,
// or goes on with it.
func Nightly(d Deps, o Options) jobs.Job {
	return func(ctx context.Context, slot jobs.Slot, _ jobs.Tell) (string, error) {
		sum, err := Run(ctx, d, slot.Date()-1, o)
		if err != nil {
			return "", err
		}
		if !sum.Balanced() {
			return "", fmt.Errorf("run %s: rows in and out differ: %d stored, %d read, %d verdicts, %d older, %d verdicts stored",
				sum.Run, sum.RowsStored, sum.RowsIn, sum.RowsOut, sum.Superseded, sum.VerdictRows)
		}
		return fmt.Sprintf("run %s as of %s: %d lines", sum.Run, sum.AsOf, sum.RowsOut), nil
	}
}
