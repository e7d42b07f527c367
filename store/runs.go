package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/throughline/throughline/ledger"
)

// partLines is the number of lines that one part of a run aims at: a part is
// held in memory twice, as facts and as verdicts.
const partLines = 40_000

// BeginRun opens the run of a spec, or joins it. Without a watermark it takes an
// unfinished run of the same date and rules if there is one, so that a crashed
// run goes on with what it saw, and otherwise everything that is committed now.
// A run that is published already comes back with its summary.
func (s *Store) BeginRun(ctx context.Context, spec ledger.RunSpec) (*ledger.Run, error) {
	pinned := spec.Known != 0
	if !pinned {
		var err error
		if spec.Known, err = s.Known(ctx); err != nil {
			return nil, err
		}
	}
	scope, err := s.scopeOf(ctx, spec)
	if err != nil {
		return nil, err
	}
	var run *ledger.Run
	err = s.inTx(ctx, func(t *tx) (err error) {
		if t.pg != nil {
			t.put("set local lock_timeout = '1min'")
			t.put("select pg_advisory_xact_lock($1)", hashKey("run", strconv.Itoa(int(spec.AsOf)), spec.Rules))
			t.put("select pg_advisory_xact_lock($1)", hashKey("run", "bases"))
		}
		if run, err = openRun(ctx, t, spec, pinned); err != nil {
			return err
		}
		if gone, err := dropDoubted(ctx, t, run); err != nil {
			return err
		} else if gone {
			run = nil
			if scope, err = s.scopeOf(ctx, spec); err != nil {
				return err
			}
		}
		if run != nil && spec.Full && run.Base != 0 && run.Published {
			if err := replaceByFull(ctx, t, run); err != nil {
				return err
			}
			run = nil
		}
		if run != nil {
			return s.resumed(ctx, t, run)
		}
		run, err = newRun(ctx, t, spec, scope, s.micros())
		return err
	})
	return run, err
}

// openRun finds the run to join; nil when there is none.
func openRun(ctx context.Context, t *tx, spec ledger.RunSpec, pinned bool) (*ledger.Run, error) {
	if !pinned {
		run, err := scanRun(t.row(ctx, runColumns+"where as_of = $1 and rules = $2 and state = 'running' order by no limit 1", spec.AsOf, spec.Rules))
		if run != nil || err != nil {
			return run, err
		}
	}
	run, err := scanRun(t.row(ctx, runColumns+"where id = $1", spec.ID()))
	if run == nil || err != nil || !run.Published || pinned {
		return run, err
	}
	return run, point(ctx, t, run)
}

// resumed finds out whether anybody is at work on an unfinished run.
func (s *Store) resumed(ctx context.Context, t *tx, run *ledger.Run) error {
	if run.Published {
		return nil
	}
	var busy int
	err := t.row(ctx, "select count(*) from run_part where run = $1 and done = 0 and lease_until > $2", run.ID, s.micros()).Scan(&busy)
	run.Resumed = busy == 0
	return err
}

const runColumns = "select id, no, as_of, known, rules, zone, parts, state, summary, base, base_known from run "

func scanRun(row scanner) (*ledger.Run, error) {
	r := &ledger.Run{Joined: true}
	var state, summary string
	err := row.Scan(&r.ID, &r.No, &r.AsOf, &r.Known, &r.Rules, &r.Zone, &r.Parts, &state, &summary, &r.Base, &r.BaseKnown)
	if noRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if r.Published = state == "published"; r.Published {
		r.Summary = &ledger.Summary{}
		err = json.Unmarshal([]byte(summary), r.Summary)
	}
	return r, err
}

func newRun(ctx context.Context, t *tx, spec ledger.RunSpec, scope *runScope, now int64) (*ledger.Run, error) {
	if err := scope.stands(ctx, t); err != nil {
		return nil, err
	}
	run := &ledger.Run{RunSpec: spec, ID: spec.ID(), Parts: partsOf(scope.work), Why: scope.why}
	if scope.base != nil {
		run.Base, run.BaseKnown = scope.base.No, scope.base.Known
	}
	if err := t.row(ctx, "select coalesce(max(no), 0) + 1 from run").Scan(&run.No); err != nil {
		return nil, err
	}
	t.put("insert into run (id, no, as_of, known, rules, zone, state, parts, rows, started, base, base_known) values ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9, $10, $11)",
		run.ID, run.No, spec.AsOf, spec.Known, spec.Rules, spec.Zone, run.Parts, scope.rows, now, run.Base, run.BaseKnown)
	for i := range run.Parts {
		t.put("insert into run_part (run, no, lo, hi) values ($1, $2, $3, $4)", run.ID, i, i*Buckets/run.Parts, (i+1)*Buckets/run.Parts-1)
	}
	if t.pg != nil {
		for _, h := range runSheets {
			part := partition(h, run.No)
			t.put(fmt.Sprintf("create table %s (like %s)", part, h.name))
			t.put(fmt.Sprintf("alter table %s attach partition %s for values in (%d)", h.name, part, run.No))
		}
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return run, scope.put(ctx, t, run.No)
}

// partsOf is the number of ranges that the buckets are cut into. None has more
// buckets than fit into partLines: of 250 parts, six would have two and be twice as
// large.
func partsOf(rows int64) int {
	n := int((rows + partLines - 1) / partLines)
	if rows > 4000 {
		n = max(n, 4)
	}
	each := max(Buckets/max(n, 1), 1)
	return (Buckets + each - 1) / each
}

func partition(h *sheet, run int) string { return fmt.Sprintf("%s_%d", h.name, run) }

// FinishRun publishes a run whose parts are all done: it adds up the tallies and
// moves the pointer of the date. Before that it gives the run back unpublished.
// Rows are counted beforehand: when all parts are done nobody adds any, and a
// count takes longer than anybody should wait for a lock.
func (s *Store) FinishRun(ctx context.Context, id string) (*ledger.Run, error) {
	run, err := s.RunByID(ctx, id)
	if err != nil || run.Published {
		return run, err
	}
	var open int
	if err := s.read.QueryRowContext(ctx, "select count(*) from run_part where run = $1 and done = 0", id).Scan(&open); err != nil || open > 0 {
		return run, err
	}
	sum := &ledger.Summary{Run: run.ID, AsOf: run.AsOf.String(), Known: run.Known, Rules: run.Rules, Zone: run.Zone}
	verdicts := verdictSheet.of(run)
	err = s.read.QueryRowContext(ctx, "select (select rows from run where id = $1), (select count(*) from "+verdicts.name+")", id).Scan(&sum.RowsStored, &sum.VerdictRows)
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, func(t *tx) (err error) {
		if t.pg != nil {
			t.put("set local lock_timeout = '5min'")
			t.put("select pg_advisory_xact_lock($1)", hashKey("finish", id))
		}
		if run, err = scanRun(t.row(ctx, runColumns+"where id = $1", id)); run == nil || err != nil || run.Published {
			return err
		}
		return s.publish(ctx, t, run, sum)
	})
	if err == nil && run == nil {
		err = notFound("run")
	}
	return run, err
}

func (s *Store) publish(ctx context.Context, t *tx, run *ledger.Run, sum *ledger.Summary) (err error) {
	if sum.Inputs, err = inputsOf(ctx, t, run.Known); err != nil {
		return err
	}
	if err := addTallies(ctx, t, run, &sum.Tally); err != nil {
		return err
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	run.Summary, run.Published = sum, true
	t.put("update run set state = 'published', summary = $2, finished = $3 where id = $1 and state = 'running'", run.ID, string(text), s.micros())
	return point(ctx, t, run)
}

// point makes the run the one that readers of its date see, unless they see a
// run that knows more.
func point(ctx context.Context, t *tx, run *ledger.Run) error {
	return t.exec(ctx, `insert into run_published (as_of, run) values ($1, $2) on conflict (as_of) do update set run = excluded.run
		where (select known from run where id = run_published.run) <= $3`, run.AsOf, run.ID, run.Known)
}

// inputsOf lists the files that were in by the watermark.
func inputsOf(ctx context.Context, t *tx, known int64) ([]ledger.Input, error) {
	rows, err := t.query(ctx, "select partner, kind, sha256, taken, bad from import_file where done = 1 and known <= $1 order by partner, kind, sha256", known)
	if err != nil {
		return nil, err
	}
	out := []ledger.Input{}
	err = eachRow(rows, func() error {
		var in ledger.Input
		if err := rows.Scan(&in.Partner, &in.Kind, &in.SHA256, &in.Rows, &in.Bad); err != nil {
			return err
		}
		out = append(out, in)
		return nil
	})
	return out, err
}

// addTallies adds up the parts, on top of what the base of the run counts.
func addTallies(ctx context.Context, t *tx, run *ledger.Run, into *ledger.Tally) error {
	*into = *ledger.NewTally()
	if run.Base != 0 {
		base, err := scanRun(t.row(ctx, runColumns+"where no = $1", run.Base))
		if err != nil {
			return err
		}
		into.Merge(&base.Summary.Tally)
	}
	rows, err := t.query(ctx, "select tally from run_part where run = $1 order by no", run.ID)
	if err != nil {
		return err
	}
	defer into.DropZeros()
	return eachRow(rows, func() error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		part := ledger.NewTally()
		if err := json.Unmarshal([]byte(text), part); err != nil {
			return err
		}
		into.Merge(part)
		return nil
	})
}

// RunOf is the published run of a date. Absent is NotFound.
func (s *Store) RunOf(ctx context.Context, asOf ledger.Day) (*ledger.Run, error) {
	return s.oneRun(ctx, "where id = (select run from run_published where as_of = $1)", asOf)
}

// RunByID is a run, published or not.
func (s *Store) RunByID(ctx context.Context, id string) (*ledger.Run, error) {
	return s.oneRun(ctx, "where id = $1", id)
}

// LastRun is the published run of the latest date.
func (s *Store) LastRun(ctx context.Context) (*ledger.Run, error) {
	return s.oneRun(ctx, "where id = (select run from run_published order by as_of desc limit 1)")
}

func (s *Store) oneRun(ctx context.Context, where string, args ...any) (*ledger.Run, error) {
	run, err := scanRun(s.read.QueryRowContext(ctx, runColumns+where, args...))
	if err == nil && run == nil {
		err = notFound("run")
	}
	return run, err
}
