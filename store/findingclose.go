package store

import (
	"context"
	"errors"
	"slices"

	"github.com/throughline/throughline/gateway"
)

// unseenPage is how many findings that are not true any more are held at once.
const unseenPage = 40 * foundBatch

// close ends what the run has not seen, lets come back whose waiver ran out, and says
// that all the rest was seen. A run that is broken off here goes on when it runs again.
func (o *follow) close(ctx context.Context) error {
	o.seen.sort()
	for {
		gone, err := o.unseen(ctx)
		if err != nil {
			return err
		}
		for ids := range slices.Chunk(gone, foundBatch) {
			if err := o.end(ctx, ids); err != nil {
				return err
			}
			o.stepBack()
		}
		if len(gone) < unseenPage {
			break
		}
	}
	if o.fresh > 10*foundBatch && o.dialect.name() == "postgres" { // how large the tables are now is known, whenever the server counts
		if err := o.inTx(ctx, func(t *tx) error { return t.exec(ctx, "analyze finding, finding_event") }); err != nil {
			return err
		}
	}
	return o.whileItCounts(ctx, func(t *tx) error {
		if err := o.reopen(ctx, t); err != nil {
			return err
		}
		t.put("delete from finding_seen where origin = $1 and ($2 = '' or program = $2)", o.run.Origin, o.run.Program)
		return t.exec(ctx, "insert into finding_seen (origin, program, day, run) values ($1, $2, $3, $4)", o.run.Origin, o.run.Program, int64(o.run.AsOf), o.run.ID)
	})
}

var errEnough = errors.New("enough")

// unseen are the ids of some findings that are true by what stands, and that the run has
// not seen: all of them when there are fewer than a page. On the way it counts what the
// run has opened.
func (o *follow) unseen(ctx context.Context) (gone []string, err error) {
	rows, err := o.reading().query(ctx, "select id, key, opened_run from finding where closed_day = 0 and origin = $1 and ($2 = '' or program = $2)", o.run.Origin, o.run.Program)
	if err != nil {
		return nil, err
	}
	o.tally.Opened = 0
	err = eachRow(rows, func() error {
		var id, key, opened string
		if err := rows.Scan(&id, &key, &opened); err != nil {
			return err
		}
		if !o.seen.has(key) {
			gone = append(gone, id)
		} else if opened == o.run.ID {
			o.tally.Opened++
		}
		if len(gone) == unseenPage {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return gone, err
}

// end closes findings. From then on they stand as the last run left them that has
// seen them. What is true is "closed_day < 1" here: the index of what is due holds all
// of that, and PostgreSQL would walk it on a new database instead of looking for ids.
func (o *follow) end(ctx context.Context, ids []string) error {
	list, among := o.dialect.list(ids), o.dialect.among("$1")
	var n int64
	err := o.whileItCounts(ctx, func(t *tx) (err error) {
		t.put("update finding as f set seen_day = w.day, seen_run = w.run from finding_seen w where f.closed_day < 1 and w.origin = f.origin and w.program = "+lookedAt+" and w.day >= f.seen_day and f.id "+among, list)
		t.put(findingEvent("'closed'", "$2", "$3", "0", "''", "''")+"f.closed_day < 1 and f.id "+o.dialect.among("$4"), o.micros(), int64(o.run.AsOf), o.run.ID, list)
		n, err = t.affect(ctx, "update finding set state = 'closed', closed_day = $2, closed_run = $3 where closed_day < 1 and id "+among, list, int64(o.run.AsOf), o.run.ID)
		return err
	})
	if err == nil {
		o.tally.Closed += n
	}
	return err
}

// reopen lets those come back that the run has seen though their waiver ran out.
func (o *follow) reopen(ctx context.Context, t *tx) (err error) {
	const over = "closed_day = 0 and state = 'waived' and waived_to < $2 and origin = $3 and ($4 = '' or program = $4)"
	day := int64(o.run.AsOf)
	t.put(findingEvent("'open'", "$2", "$5", "0", "''", "''")+over, o.micros(), day, o.run.Origin, o.run.Program, o.run.ID)
	o.tally.Reopened, err = t.affect(ctx, "update finding set state = $1 where "+over, gateway.FindingOpen, day, o.run.Origin, o.run.Program)
	return err
}
