package store

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// foundBatch is how many findings one transaction takes over: live traffic waits for
// one on SQLite.
const foundBatch = 500

// follow is one run whose findings are taken over. What it has seen stays in memory,
// 12 bytes a finding: one of which nothing has changed is read, and not written
// again every night.
type follow struct {
	*Store
	run   gateway.FindingRun
	seen  seenKeys
	tally gateway.FindingTally
	fresh int // opened now, and not by the run before it was broken off
}

// FollowFindings takes the findings of a run over: each calls see for every one.
// What was not open before is opened, what is not seen any more is closed, a
// waiver that has run out by the run's date opens again. The same run twice
// changes nothing, nor does one that was broken off and runs again; a run of an
// earlier date than the last is a Conflict. Of two at once the later one wins: the
// other ends with gateway.ErrFenced, and closes nothing from then on.
func (s *Store) FollowFindings(ctx context.Context, run gateway.FindingRun, each func(see func(*gateway.Found) error) error) (*gateway.FindingTally, error) {
	if err := s.mayFollow(ctx, run); err != nil {
		return nil, err
	}
	o := &follow{Store: s, run: run}
	err := o.all(ctx, each)
	if err == nil {
		err = o.close(ctx)
	}
	return &o.tally, s.worded(err)
}

// all takes everything over that each sees: one batch is written while the next is
// judged. What was seen before each failed is kept.
func (o *follow) all(ctx context.Context, each func(see func(*gateway.Found) error) error) error {
	writing, inner := errgroup.WithContext(ctx)
	batches := make(chan []gateway.Found)
	writing.Go(func() error {
		for batch := range batches {
			if err := o.take(inner, batch); err != nil {
				return err
			}
			o.stepBack()
		}
		return nil
	})
	batch := make([]gateway.Found, 0, foundBatch)
	flush := func() error {
		select {
		case batches <- batch:
		case <-inner.Done():
			return inner.Err()
		}
		batch = make([]gateway.Found, 0, foundBatch)
		return nil
	}
	err := each(func(f *gateway.Found) error {
		o.tally.Seen++
		if batch = append(batch, *f); len(batch) == foundBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	close(batches)
	return firstError(writing.Wait(), err)
}

// mayFollow refuses to go back in time, and makes the run the one that counts.
func (s *Store) mayFollow(ctx context.Context, run gateway.FindingRun) error {
	return s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `insert into finding_follow (origin, as_of, run, at) values ($1, $2, $3, $4)
			on conflict (origin) do update set as_of = excluded.as_of, run = excluded.run, at = excluded.at where finding_follow.as_of <= excluded.as_of`,
			run.Origin, int64(run.AsOf), run.ID, s.micros())
		if err != nil || n > 0 {
			return err
		}
		return gateway.Faultf("findings", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a run as of " + run.AsOf.String(),
			Allowed: "the date of the newest run that findings follow, or later", Fix: "look at an earlier date with --dry-run: it opens and closes nothing"})
	})
}

// whileItCounts runs f in a transaction that holds the place of the run, unless another
// has taken it: of one origin one batch at a time is taken over. Rows are looked up
// by their keys.
func (o *follow) whileItCounts(ctx context.Context, f func(t *tx) error) error {
	db, _ := o.dialect.keyed(o.Store)
	return o.inTxOn(ctx, db, func(t *tx) error {
		var now string
		if err := t.row(ctx, "select run from finding_follow where origin = $1"+o.dialect.forUpdate(), o.run.Origin).Scan(&now); err != nil {
			return err
		}
		if now != o.run.ID {
			return gateway.ErrFenced
		}
		return f(t)
	})
}

func dueFrom(day ledger.Day, days int64) int64 {
	if days == 0 {
		return 0
	}
	return int64(day) + days
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
