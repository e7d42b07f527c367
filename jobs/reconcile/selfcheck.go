package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/throughline/throughline/ledger"
)

// Check is the outcome of a self-check: one bucket of a published run, judged anew
// and held against what stands, row by row.
type Check struct {
	Run    string
	AsOf   ledger.Day
	Bucket int
	Rows   int64 // that there should be
	Differ int64 // not the same, or on one side only
}

// ErrDoubted says that what stands of a run is not what the law says. The run is
// built upon no longer, and made anew by the next that is asked for.
var ErrDoubted = errors.New("the self-check of a run found rows that differ")

// check judges one bucket of a run that has just been published anew, in full. Which
// one is drawn by the run's id; buckets with nothing in them are passed by.
func check(ctx context.Context, d Deps, run *ledger.Run) error {
	settler := ledger.NewSettler(d.rules())
	first := sha256.Sum256([]byte(run.ID))
	for i := range Buckets {
		bucket := (int(first[0]) + i) % Buckets
		rows, differ, err := d.Runs.CheckBucket(ctx, run, bucket, func(add func(*ledger.Case, *ledger.Result)) error {
			return d.Facts.StreamCases(ctx, bucket, bucket, run.Known, func(c *ledger.Case) error {
				add(c, settler.Settle(c, run.AsOf))
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("self-check: %w", err)
		}
		if rows+differ == 0 {
			continue
		}
		if d.Checked != nil {
			d.Checked(Check{run.ID, run.AsOf, bucket, rows, differ})
		}
		if differ > 0 {
			return fmt.Errorf("%w: run %s as of %s, bucket %d: %d of %d rows; the next run judges every child", ErrDoubted, run.ID, run.AsOf, bucket, differ, rows)
		}
		return nil
	}
	return nil
}
