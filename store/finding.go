package store

import (
	"context"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// foundBatch is how many findings one transaction takes over.
const foundBatch = 500

// The openings of a finding are its ids that begin with its key: "key-1", "key-2". They
// are counted by the index of ids ('.' follows '-').
const openFinding = `insert into finding (id, key, opening, origin, rule, kind, program, person, partner, record, item, force, violation, owner, reason, cites,
	state, opened_day, opened_run, seen_day, seen_run, closed_day, closed_run, waived_to, waived_by, waived_why, due_day)
	select $1 || '-' || n.no, $1, n.no, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
	'open', $15, $16, $15, $16, 0, '', 0, '', '', $17 from (select count(*) + 1 as no from finding where id >= $1 || '-' and id < $1 || '.') n where not exists (select 1 from finding where key = $1 and closed_day = 0)`

// The days within which a finding is to be mended count from the day it was seen
// first, or from the end of its last waiver.
const seeFinding = `update finding set seen_day = $2, seen_run = $3, force = $4, violation = $5, owner = $6, reason = $7, cites = $8,
	due_day = case when cast($9 as integer) = 0 then 0 when waived_to > 0 then waived_to + cast($9 as integer) else opened_day + cast($9 as integer) end
	where key = $1 and closed_day = 0`

// FollowFindings takes the findings of a run over: each calls see for every one.
// What was not open before is opened, what is not seen any more is closed, a
// waiver that has run out by the run's date opens again. The same run twice
// changes nothing; a run of an earlier date than the last is a Conflict. Of two
// at once the later one wins: the other ends with gateway.ErrFenced, and has
// closed nothing.
func (s *Store) FollowFindings(ctx context.Context, run gateway.FindingRun, each func(see func(*gateway.Found) error) error) (*gateway.FindingTally, error) {
	if err := s.mayFollow(ctx, run); err != nil {
		return nil, err
	}
	tally := &gateway.FindingTally{}
	batch := make([]gateway.Found, 0, foundBatch)
	flushed, next := 0, 1
	flush := func() error {
		err := s.seeFindings(ctx, run, batch)
		batch = batch[:0]
		if flushed++; err == nil && flushed == next { // a plan made for a table that was empty reads all of it
			next *= 16
			err = s.counted(ctx)
		}
		return err
	}
	err := each(func(f *gateway.Found) error {
		tally.Seen++
		if batch = append(batch, *f); len(batch) == foundBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		err = s.closeFindings(ctx, run, tally)
	}
	return tally, s.worded(err)
}

// counted lets PostgreSQL look at how large a table has become; SQLite plans without.
func (s *Store) counted(ctx context.Context) error {
	if s.dialect.name() == "sqlite" {
		return nil
	}
	return s.inTx(ctx, func(t *tx) error { return t.exec(ctx, "analyze finding") })
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

// stillCounts holds the place of the run until the transaction ends, unless
// another has taken it.
func (s *Store) stillCounts(ctx context.Context, t *tx, run gateway.FindingRun) error {
	var now string
	if err := t.row(ctx, "select run from finding_follow where origin = $1"+s.dialect.forUpdate(), run.Origin).Scan(&now); err != nil {
		return err
	}
	if now != run.ID {
		return gateway.ErrFenced
	}
	return nil
}

func (s *Store) seeFindings(ctx context.Context, run gateway.FindingRun, batch []gateway.Found) error {
	return s.inTx(ctx, func(t *tx) error {
		if err := s.stillCounts(ctx, t, run); err != nil {
			return err
		}
		for i := range batch {
			f := &batch[i]
			key, violation := f.Key(), bit(f.Violation)
			t.put(seeFinding, key, int64(run.AsOf), run.ID, f.Force, violation, f.Owner, f.Reason, f.Cites, f.DueDays)
			t.put(openFinding, key, run.Origin, f.Rule, f.Kind, f.Program, f.Person, string(f.Partner), f.Record, f.Item, f.Force, violation, f.Owner, f.Reason, f.Cites,
				int64(run.AsOf), run.ID, dueFrom(run.AsOf, f.DueDays))
		}
		return t.flush(ctx)
	})
}

// closeFindings ends what the run has not seen, and waivers that ran out.
func (s *Store) closeFindings(ctx context.Context, run gateway.FindingRun, tally *gateway.FindingTally) error {
	return s.inTx(ctx, func(t *tx) (err error) {
		if err := s.stillCounts(ctx, t, run); err != nil {
			return err
		}
		if err := s.putFindingEvents(ctx, t, run); err != nil {
			return err
		}
		if tally.Closed, err = t.affect(ctx, `update finding set state = 'closed', closed_day = $1, closed_run = $2
			where origin = $3 and closed_day = 0 and seen_run <> $2 and ($4 = '' or program = $4)`, int64(run.AsOf), run.ID, run.Origin, run.Program); err != nil {
			return err
		}
		if tally.Reopened, err = t.affect(ctx, `update finding set state = 'open'
			where origin = $1 and state = 'waived' and waived_to < $2 and ($3 = '' or program = $3)`, run.Origin, int64(run.AsOf), run.Program); err != nil {
			return err
		}
		return t.row(ctx, "select count(*) from finding where origin = $1 and opened_run = $2 and ($3 = '' or program = $3)", run.Origin, run.ID, run.Program).Scan(&tally.Opened)
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
