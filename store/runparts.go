package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/ledger"
)

// ClaimPart leases the first free part of a run. It gives nil when no part is
// free. open says how many are not done, the claimed one among them: when none was
// free, how many others are still at.
func (s *Store) ClaimPart(ctx context.Context, run *ledger.Run, ttl time.Duration) (part *ledger.Part, open int, err error) {
	now, token, skip := s.Now(), newID(0), ""
	if s.dialect.name() == "postgres" {
		skip = " for update skip locked"
	}
	err = s.inTx(ctx, func(t *tx) error {
		p := &ledger.Part{Run: run, Token: token}
		err := t.row(ctx, `update run_part set token = $2, lease_until = $3 where run = $1 and done = 0 and lease_until <= $4 and no = (
			select no from run_part where run = $1 and done = 0 and lease_until <= $4 order by no limit 1`+skip+`) returning no, lo, hi`,
			run.ID, token, now.Add(ttl).UnixMicro(), now.UnixMicro()).Scan(&p.No, &p.Lo, &p.Hi)
		if err != nil && !noRows(err) {
			return err
		}
		if part = nil; err == nil {
			part = p
		}
		return t.row(ctx, "select count(*) from run_part where run = $1 and done = 0", run.ID).Scan(&open)
	})
	return part, open, err
}

// RenewPart extends the lease of a part that takes long.
func (s *Store) RenewPart(ctx context.Context, p *ledger.Part, ttl time.Duration) error {
	return s.inTx(ctx, func(t *tx) error {
		return held(t.affect(ctx, "update run_part set lease_until = $4 where run = $1 and no = $2 and token = $3 and done = 0", p.Run.ID, p.No, p.Token, s.Now().Add(ttl).UnixMicro()))
	})
}

func held(n int64, err error) error {
	if err == nil && n == 0 {
		return ledger.ErrLostPart
	}
	return err
}

// SavePart lets settle judge the part's cases and writes what it adds, the tally
// and the checkpoint. On PostgreSQL that is one transaction; on SQLite, where it
// would keep everybody else from writing, the rows go first, in pieces, and what
// somebody left who died over the part is cleared away. Whoever has lost the part
// writes nothing more.
func (s *Store) SavePart(ctx context.Context, p *ledger.Part, settle func(add func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error)) error {
	out := &partRows{run: int64(p.Run.No)}
	tally, err := settle(out.add)
	if err != nil {
		return err
	}
	text, err := json.Marshal(tally)
	if err != nil {
		return err
	}
	if s.dialect.name() == "sqlite" {
		if err := s.savePieces(ctx, p, out); err != nil {
			return err
		}
	}
	return s.inTx(ctx, func(t *tx) error {
		t.pause = s.stepBack
		err := held(t.affect(ctx, "update run_part set done = 1, tally = $4 where run = $1 and no = $2 and token = $3 and done = 0", p.Run.ID, p.No, p.Token, string(text)))
		if err != nil || t.pg == nil {
			return err
		}
		for i, h := range runSheets {
			into := *h
			into.name = partition(h, p.Run.No)
			if err := into.insertRows(ctx, t, out.rows[i]...); err != nil {
				return err
			}
		}
		return nil
	})
}

// pieceRows is how many rows of a run SQLite takes at once: a few milliseconds,
// for which live traffic waits.
const pieceRows = 2 * fewRows

// savePieces writes the rows of a part, clearing before and moving the log into
// the file in between, so that no live commit has to do that.
func (s *Store) savePieces(ctx context.Context, p *ledger.Part, out *partRows) error {
	err := s.holding(ctx, p, func(t *tx) error {
		for _, h := range runSheets {
			t.put("delete from "+h.name+" where run = $1 and bucket between $2 and $3", p.Run.No, p.Lo, p.Hi)
		}
		return t.flush(ctx)
	})
	for i, h := range runSheets {
		for n, page := range out.rows[i] {
			for rows := range slices.Chunk(page, pieceRows) {
				if err != nil {
					return err
				}
				s.stepBack()
				err = s.holding(ctx, p, func(t *tx) error { return h.insertRows(ctx, t, rows) })
			}
			if err == nil && n%4 == 3 {
				_, err = s.write.ExecContext(ctx, "pragma wal_checkpoint(passive)")
			}
		}
	}
	return err
}

// holding writes something of a part whose lease is still held. Until the part is
// done, by a transaction of the usual kind, nobody counts on it.
func (s *Store) holding(ctx context.Context, p *ledger.Part, write func(t *tx) error) error {
	return s.unsynced(ctx, func(t *tx) error {
		err := held(t.affect(ctx, "update run_part set token = token where run = $1 and no = $2 and token = $3 and done = 0", p.Run.ID, p.No, p.Token))
		if err != nil {
			return err
		}
		return write(t)
	})
}

// The tables of a run.
var runSheets = [4]*sheet{verdictSheet, splitSheet, useSheet, findingSheet}

var verdictSheet = &sheet{
	name:  "verdict",
	nums:  []column{{"run", 4}, {"bucket", 2}, {"units", 8}, {"scale", 2}, {"matched", 8}, {"auths", 2}, {"known", 8}},
	texts: []string{"person", "partner", "id", "verdict", "auth_partner", "auth", "flags", "reason"},
}

var splitSheet = &sheet{
	name:  "split",
	nums:  []column{{"run", 4}, {"bucket", 2}, {"no", 2}, {"units", 8}},
	texts: []string{"partner", "id", "auth_partner", "auth", "person"},
}

var useSheet = &sheet{
	name:  "auth_use",
	nums:  []column{{"run", 4}, {"bucket", 2}, {"used", 8}, {"last_day", 4}, {"units", 8}, {"start_day", 4}, {"end_day", 4}, {"known", 8}},
	texts: []string{"person", "partner", "id", "status", "program", "payer"},
}

var findingSheet = &sheet{
	name:  "run_finding",
	nums:  []column{{"run", 4}, {"bucket", 2}, {"days", 8}, {"known", 8}},
	texts: []string{"person", "kind", "partner", "ref", "item", "code", "provider", "program", "payer", "reason"},
}

// partRows are the rows of one part, by sheet.
type partRows struct {
	run  int64
	rows [len(runSheets)]pages[sheetRow]
}

// add keeps a result, which is good for the moment only.
func (p *partRows) add(c *ledger.Case, r *ledger.Result) {
	bucket := int64(bucketOf(c.Member))
	for i := range r.Lines {
		v := &r.Lines[i]
		first := v.First()
		row := p.rows[0].add()
		row.n = [11]int64{p.run, bucket, v.Units.Coef, int64(v.Units.Scale), v.Matched, int64(len(v.Splits)), v.Line.Seq}
		row.s = [16]string{c.Member, v.Line.Partner, v.Line.ID, string(v.Verdict), first.Partner, first.ID, strings.Join(v.Flags, " "), reasonOf(v)}
		if len(v.Splits) < 2 {
			continue
		}
		for n, split := range v.Splits {
			row := p.rows[1].add()
			row.n = [11]int64{p.run, bucket, int64(n), split.Units}
			row.s = [16]string{v.Line.Partner, v.Line.ID, split.Auth.Partner, split.Auth.ID, c.Member}
		}
	}
	for i := range r.Uses {
		u := &r.Uses[i]
		a := u.Auth
		row := p.rows[2].add()
		row.n = [11]int64{p.run, bucket, u.Used, int64(u.Last), a.Units, int64(a.Start), int64(a.End), a.Seq}
		row.s = [16]string{c.Member, a.Partner, a.ID, string(a.Status), a.Program, a.Payer}
	}
	for i := range r.Found {
		f := &r.Found[i]
		row := p.rows[3].add()
		row.n = [11]int64{p.run, bucket, f.Days, f.Seq}
		row.s = [16]string{c.Member, string(f.Kind), f.Partner, f.Ref, f.Item, f.Code, f.Provider, f.Program, f.Payer, f.Reason}
	}
}

// reasonOf is the verdict in words where words are needed: a line paid in full
// says everything in its numbers.
func reasonOf(v *ledger.LineVerdict) string {
	if v.Verdict == ledger.Matched {
		return ""
	}
	return v.Reason()
}
