package store

import (
	"context"
	"hash/maphash"

	"github.com/throughline/throughline/ledger"
)

// CheckBucket holds what settle adds about the children of one bucket, judged anew,
// against what stands of a published run: its own rows, and those of its base. It
// answers with how many rows there should be, and how many are not the same or are on
// one side only. Unless both sides are empty the outcome is kept: a run that differs
// is doubted, and so is its base.
func (s *Store) CheckBucket(ctx context.Context, run *ledger.Run, bucket int, settle func(add func(*ledger.Case, *ledger.Result)) error) (rows, differ int64, err error) {
	fresh := &partRows{} // run 0: rows of the run and of its base are compared alike
	if err := settle(fresh.add); err != nil {
		return 0, 0, err
	}
	t, err := s.readUnsnapped(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer t.conn.Close()
	seed := maphash.MakeSeed()
	for i, h := range runSheets {
		apart := map[uint64]int64{} // by a hash: the rows themselves are large
		for _, page := range fresh.rows[i] {
			for n := range page {
				apart[maphash.Comparable(seed, page[n])]++
				rows++
			}
		}
		err := h.of(run).eachOf(ctx, t, "bucket = $1", []any{bucket}, func(r *sheetRow) error {
			r.n[0] = 0
			apart[maphash.Comparable(seed, *r)]--
			return nil
		})
		if err != nil {
			return 0, 0, err
		}
		for _, n := range apart {
			differ += max(n, -n)
		}
	}
	if rows+differ == 0 {
		return 0, 0, nil
	}
	return rows, differ, s.keepCheck(ctx, run, bucket, rows, differ)
}

const putCheck = `insert into run_check (run, bucket, rows, differ, at) values ($1, $2, $3, $4, $5)
	on conflict (run) do update set bucket = excluded.bucket, rows = excluded.rows, differ = excluded.differ, at = excluded.at`

func (s *Store) keepCheck(ctx context.Context, run *ledger.Run, bucket int, rows, differ int64) error {
	return s.inTx(ctx, func(t *tx) error {
		t.put(putCheck, run.No, bucket, rows, differ, s.micros())
		if differ > 0 && run.Base != 0 {
			t.put(putCheck, run.Base, bucket, rows, differ, s.micros())
		}
		return t.flush(ctx)
	})
}

// doubted is the condition on a row of run that its self-check found rows that differ.
const doubted = "exists (select 1 from run_check k where k.run = run.no and k.differ > 0)"

// DoubtedRuns counts the runs that are.
func (s *Store) DoubtedRuns(ctx context.Context) (n int64, err error) {
	return n, s.reading().row(ctx, "select count(*) from run where "+doubted).Scan(&n)
}

// dropDoubted takes a published run away whose self-check found rows that differ, and
// all runs that build on it.
func dropDoubted(ctx context.Context, t *tx, run *ledger.Run) (gone bool, err error) {
	if run == nil || !run.Published {
		return false, nil
	}
	var n int
	if err := t.row(ctx, "select count(*) from run where no = $1 and "+doubted, run.No).Scan(&n); err != nil || n == 0 {
		return false, err
	}
	rows, err := t.query(ctx, runColumns+"where no = $1 or base = $1", run.No)
	if err != nil {
		return false, err
	}
	var all []*ledger.Run
	if err := eachRow(rows, func() error {
		one, err := scanRun(rows)
		all = append(all, one)
		return err
	}); err != nil {
		return false, err
	}
	for _, one := range all {
		t.put("delete from run_published where run = $1", one.ID)
		putDropped(t, one)
	}
	return true, t.flush(ctx)
}
