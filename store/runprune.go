package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/ledger"
)

// PruneRuns drops all but the newest keep finished full runs, with what builds on
// those dropped; of the runs that build on one that stays, the newest stays. It
// gives the ids of those dropped. Facts stay: a run can always be made again from
// its date and watermark.
func (s *Store) PruneRuns(ctx context.Context, keep int) (dropped []string, err error) {
	rows, err := s.read.QueryContext(ctx, runColumns+`where state = 'published' and (
		case when base = 0 then no else base end <= coalesce((select no from run where state = 'published' and base = 0 order by no desc limit 1 offset $1), 0)
		or base <> 0 and exists (select 1 from run n where n.base = run.base and n.state = 'published' and n.known > run.known)) order by no desc`, keep)
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
		if err != nil {
			break
		}
		var gone bool
		if gone, err = s.dropRun(ctx, run); gone {
			dropped = append(dropped, run.ID)
		}
	}
	return dropped, err
}

// dropRun drops a run unless another builds on it, which may have begun since.
func (s *Store) dropRun(ctx context.Context, run *ledger.Run) (gone bool, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		if t.pg != nil {
			t.put("select pg_advisory_xact_lock($1)", hashKey("run", "bases"))
		}
		var needed int
		if err := t.row(ctx, "select count(*) from run where base = $1", run.No).Scan(&needed); err != nil {
			return err
		}
		if gone = needed == 0; !gone {
			return nil
		}
		t.put("delete from run_published where run = $1", run.ID)
		putDropped(t, run)
		return t.flush(ctx)
	})
	return gone, err
}

// putDropped takes a run and its rows away.
func putDropped(t *tx, run *ledger.Run) {
	for _, h := range runSheets {
		if t.pg != nil {
			t.put("drop table if exists " + partition(h, run.No))
		} else {
			t.put(fmt.Sprintf("delete from %s where run = $1", h.name), run.No)
		}
	}
	t.put("delete from run_person where run = $1", run.No)
	t.put("delete from run_check where run = $1", run.No)
	t.put("delete from run_part where run = $1", run.ID)
	t.put("delete from run where id = $1", run.ID)
}

// replaceByFull makes room for a full run of the same spec: readers of the date
// see the base until it is done.
func replaceByFull(ctx context.Context, t *tx, run *ledger.Run) error {
	t.put("update run_published set run = (select id from run where no = $1) where run = $2", run.Base, run.ID)
	putDropped(t, run)
	return t.flush(ctx)
}
