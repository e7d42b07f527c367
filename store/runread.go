package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// EachVerdict gives the verdicts of a run in order of (id, partner).
func (s *Store) EachVerdict(ctx context.Context, run *ledger.Run, f func(*ledger.VerdictRow) error) error {
	return s.eachInOrder(ctx, verdictSheet, run, "id, partner", func(r *sheetRow) error {
		return f(&ledger.VerdictRow{Partner: r.s[1], ID: r.s[2], Verdict: ledger.Verdict(r.s[3]), Units: ledger.Decimal{Coef: r.n[2], Scale: uint8(r.n[3])},
			Matched: r.n[4], Auths: int(r.n[5]), First: ledger.AuthKey{Partner: r.s[4], ID: r.s[5]}, Flags: r.s[6], Reason: r.s[7], Known: r.n[6]})
	})
}

// EachSplit gives what several authorizations gave to one line, in order of
// (line, its partner, authorization, its partner).
func (s *Store) EachSplit(ctx context.Context, run *ledger.Run, f func(*ledger.SplitRow) error) error {
	return s.eachInOrder(ctx, splitSheet, run, "id, partner, auth, auth_partner", func(r *sheetRow) error {
		return f(&ledger.SplitRow{Partner: r.s[0], ID: r.s[1], Split: ledger.Split{Auth: ledger.AuthKey{Partner: r.s[2], ID: r.s[3]}, Units: r.n[3]}})
	})
}

// EachUse gives the authorizations of a run in order of (id, partner), with as
// much of each as the derived figures need.
func (s *Store) EachUse(ctx context.Context, run *ledger.Run, f func(*ledger.Use) error) error {
	return s.EachUseSeen(ctx, nil, run, f)
}

// EachUseSeen is EachUse of the children that the caller has a confirmed relation
// to; nil is whoever runs the gateway.
func (s *Store) EachUseSeen(ctx context.Context, c *gateway.Caller, run *ledger.Run, f func(*ledger.Use) error) error {
	var args []any
	seen := "1 = 1"
	if c != nil {
		seen = related(*c, "of_run.person", &args)
	}
	return s.eachSorted(ctx, useSheet, run, seen, args, "id, partner", func(r *sheetRow) error {
		a := ledger.Auth{Partner: r.s[1], ID: r.s[2], Status: ledger.Status(r.s[3]), Program: r.s[4], Payer: r.s[5],
			Units: r.n[4], Start: ledger.Day(r.n[5]), End: ledger.Day(r.n[6]), Seq: r.n[7]}
		return f(&ledger.Use{Auth: &a, Used: r.n[2], Last: ledger.Day(r.n[3])})
	})
}

// EachFinding gives what the three sides of a run do not agree on, in order of
// (kind, record, item, partner).
func (s *Store) EachFinding(ctx context.Context, run *ledger.Run, f func(*ledger.FindingRow) error) error {
	return s.eachInOrder(ctx, findingSheet, run, "kind, ref, item, partner, person", func(r *sheetRow) error {
		return f(&ledger.FindingRow{Person: r.s[0], Finding: ledger.Finding{Kind: ledger.FindingKind(r.s[1]), Partner: r.s[2], Ref: r.s[3], Item: r.s[4], Code: r.s[5],
			Provider: r.s[6], Program: r.s[7], Payer: r.s[8], Reason: r.s[9], Days: r.n[2], Seq: r.n[3]}})
	})
}

// eachInOrder streams a sorted table of a run. SQLite sorts in files here:
// elsewhere its temporary tables live in memory.
func (s *Store) eachInOrder(ctx context.Context, h *sheet, run *ledger.Run, order string, f func(*sheetRow) error) error {
	return s.eachSorted(ctx, h, run, "1 = 1", nil, order, f)
}

// eachSorted is eachInOrder of the rows that a condition on of_run selects.
func (s *Store) eachSorted(ctx context.Context, h *sheet, run *ledger.Run, where string, args []any, order string, f func(*sheetRow) error) error {
	return s.sorting(ctx, func(t *tx) error { return h.of(run).eachOf(ctx, t, where+" order by "+order, args, f) })
}

// sorting reads what the database has to sort, which SQLite does in files then.
func (s *Store) sorting(ctx context.Context, f func(t *tx) error) error {
	t, err := s.readUnsnapped(ctx)
	if err != nil {
		return err
	}
	defer t.conn.Close()
	if t.pg == nil {
		if err := t.exec(ctx, "pragma temp_store = file"); err != nil {
			return err
		}
		defer func() { _ = t.exec(context.WithoutCancel(ctx), "pragma temp_store = memory") }()
	}
	return f(t)
}

// eachGrouped gives the groups of all rows of a table: SQLite sorts for them.
func (s *Store) eachGrouped(ctx context.Context, text string, args []any, f func(row scanner) error) error {
	return s.sorting(ctx, func(t *tx) error {
		rows, err := t.query(ctx, text, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func() error { return f(rows) })
	})
}

// of are the rows of a run: its own, and those of its base about children whom it
// has not judged again.
func (h *sheet) of(run *ledger.Run) *sheet {
	rows := fmt.Sprintf("(select %s from %s where run = %d", h.columns(), h.name, run.No)
	if run.Base != 0 {
		rows += fmt.Sprintf(" union all select %s from %s b where run = %d and not exists (select 1 from run_person p where p.run = %d and p.bucket = b.bucket and p.person = b.person)",
			h.columns(), h.name, run.Base, run.No)
	}
	return &sheet{name: rows + ") of_run", nums: h.nums, texts: h.texts}
}

// readUnsnapped is a reading connection without a transaction.
func (s *Store) readUnsnapped(ctx context.Context) (*tx, error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{conn: conn, done: true}
	if s.dialect.name() == "postgres" {
		t.pg = pgConn
	}
	return t, nil
}
