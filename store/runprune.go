package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/ledger"
)

// PruneRuns drops all runs but the newest keep finished ones and gives their
// ids. Facts stay: a run can always be made again from its date and watermark.
func (s *Store) PruneRuns(ctx context.Context, keep int) (dropped []string, err error) {
	rows, err := s.read.QueryContext(ctx, runColumns+"where state = 'published' and no <= coalesce((select no from run where state = 'published' order by no desc limit 1 offset $1), 0) order by no", keep)
	if err != nil {
		return nil, err
	}
	var old []*ledger.Run
	err = eachRow(rows, func() error {
		run, err := scanRun(rows)
		old = append(old, run)
		return err
	})
	for _, run := range old {
		if err == nil {
			err = s.dropRun(ctx, run)
			dropped = append(dropped, run.ID)
		}
	}
	return dropped, err
}

func (s *Store) dropRun(ctx context.Context, run *ledger.Run) error {
	return s.inTx(ctx, func(t *tx) error {
		for _, h := range runSheets {
			if t.pg != nil {
				t.put("drop table if exists " + partition(h, run.No))
			} else {
				t.put(fmt.Sprintf("delete from %s where run = $1", h.name), run.No)
			}
		}
		t.put("delete from run_published where run = $1", run.ID)
		t.put("delete from run_part where run = $1", run.ID)
		t.put("delete from run where id = $1", run.ID)
		return t.flush(ctx)
	})
}
