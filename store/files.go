package store

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

const fileColumns = `select id, partner, door, name, kind, sha256, size, state, cause, units, accepted, repeated, held, rejected, acknowledged,
	received_at, finished_at from file_intake `

func scanFile(row scanner) (intake.File, error) {
	var f intake.File
	var received, finished int64
	c := &f.Counts
	err := row.Scan(&f.ID, &f.Partner, &f.Door, &f.Name, &f.Kind, &f.SHA256, &f.Size, &f.State, &f.Cause,
		&c.Units, &c.Accepted, &c.Repeated, &c.Held, &c.Rejected, &c.Acknowledged, &received, &finished)
	f.Received, f.Finished = fromMicros(received), fromMicros(finished)
	return f, err
}

// OpenFile registers a file, or returns what is known of one with its id.
func (s *Store) OpenFile(ctx context.Context, f intake.File) (known intake.File, fresh bool, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `insert into file_intake (id, partner, door, name, kind, sha256, size, state, received_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing`,
			f.ID, string(f.Partner), f.Door, f.Name, string(f.Kind), f.SHA256, f.Size, string(intake.Open), f.Received.UnixMicro())
		if err != nil {
			return err
		}
		fresh = n == 1
		known, err = scanFile(t.row(ctx, fileColumns+"where id = $1", f.ID))
		return err
	})
	return known, fresh, s.worded(err)
}

// NoteUnits keeps the outcomes of some units and how far the file has come, in
// one transaction, compare-and-set on where it was.
func (s *Store) NoteUnits(ctx context.Context, id string, before, after intake.Counts, outs []intake.Outcome) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `update file_intake set units = $1, accepted = $2, repeated = $3, held = $4, rejected = $5, acknowledged = $6
			where id = $7 and units = $8 and state = 'open'`,
			after.Units, after.Accepted, after.Repeated, after.Held, after.Rejected, after.Acknowledged, id, before.Units)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.ErrFenced
		}
		for _, o := range outs {
			issues, err := json.Marshal(o.Issues)
			if err != nil {
				return err
			}
			t.put(`insert into file_unit (file, no, place, status, message, issues, raw) values ($1, $2, $3, $4, $5, $6, $7)`,
				id, o.No, o.Place, string(o.Status), string(o.Message), string(issues), o.Raw)
		}
		return nil
	}))
}

// CloseFile ends a file, with the acknowledgements it is answered with.
func (s *Store) CloseFile(ctx context.Context, f intake.File, acks []intake.Ack) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, "update file_intake set state = $1, cause = $2, finished_at = $3 where id = $4 and state = 'open'",
			string(f.State), clip(f.Cause), f.Finished.UnixMicro(), f.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.ErrFenced
		}
		for i, a := range acks {
			t.put("insert into file_ack (file, no, name, body) values ($1, $2, $3, $4)", f.ID, i, a.Name, a.Body)
		}
		outcome := "0"
		if f.State == intake.Quarantined {
			outcome = "4"
		}
		return s.auditAct(ctx, t, act{who: string(f.Partner), action: "file", typ: "file", id: f.ID, outcome: outcome, detail: string(f.State)})
	}))
}

// Reopen lets a file be read again from its beginning.
func (s *Store) Reopen(ctx context.Context, id string) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		t.put(`update file_intake set state = 'open', cause = '', units = 0, accepted = 0, repeated = 0, held = 0, rejected = 0, acknowledged = 0,
			finished_at = 0 where id = $1 and state = 'done'`, id)
		t.put("delete from file_unit where file = $1", id)
		t.put("delete from file_ack where file = $1", id)
		return nil
	}))
}

// outcomePage is how many outcomes are read at once.
const outcomePage = 500

// Outcomes reads what became of the units of a file, page by page, in order.
func (s *Store) Outcomes(ctx context.Context, id string) iter.Seq2[intake.Outcome, error] {
	return func(yield func(intake.Outcome, error) bool) {
		for after := int64(0); ; {
			page, err := s.outcomes(ctx, id, after)
			if err != nil {
				yield(intake.Outcome{}, s.worded(err))
				return
			}
			for _, o := range page {
				if after = o.No; !yield(o, nil) {
					return
				}
			}
			if len(page) < outcomePage {
				return
			}
		}
	}
}

func (s *Store) outcomes(ctx context.Context, id string, after int64) ([]intake.Outcome, error) {
	rows, err := s.read.QueryContext(ctx, `select no, place, status, message, issues, raw from file_unit
		where file = $1 and no > $2 order by no limit $3`, id, after, outcomePage)
	if err != nil {
		return nil, err
	}
	var page []intake.Outcome
	return page, eachRow(rows, func() error {
		var o intake.Outcome
		var issues string
		err := rows.Scan(&o.No, &o.Place, &o.Status, &o.Message, &issues, &o.Raw)
		if err == nil {
			err = json.Unmarshal([]byte(issues), &o.Issues)
		}
		page = append(page, o)
		return err
	})
}

// File reads a file of a partner's own with its acknowledgements; other = absent.
func (s *Store) File(ctx context.Context, p gateway.PartnerID, id string) (*intake.File, []intake.Ack, error) {
	f, err := scanFile(s.reading().row(ctx, fileColumns+"where id = $1 and partner = $2", id, string(p)))
	if noRows(err) {
		return nil, nil, notFound("file")
	}
	if err != nil {
		return nil, nil, s.worded(err)
	}
	acks, err := s.Acks(ctx, id)
	return &f, acks, err
}

// Acks reads the acknowledgements a file was answered with.
func (s *Store) Acks(ctx context.Context, id string) ([]intake.Ack, error) {
	rows, err := s.read.QueryContext(ctx, "select name, body from file_ack where file = $1 order by no", id)
	if err != nil {
		return nil, s.worded(err)
	}
	var acks []intake.Ack
	err = eachRow(rows, func() error {
		var a intake.Ack
		err := rows.Scan(&a.Name, &a.Body)
		acks = append(acks, a)
		return err
	})
	return acks, s.worded(err)
}

// OpenFiles counts the files of a partner that are being read: its quota.
func (s *Store) OpenFiles(ctx context.Context, p gateway.PartnerID) (n int, err error) {
	err = s.reading().row(ctx, "select count(*) from file_intake where partner = $1 and state = 'open'", string(p)).Scan(&n)
	return n, s.worded(err)
}

// FilesOf lists the files of a partner, newest first; all partners when p is empty.
func (s *Store) FilesOf(ctx context.Context, p gateway.PartnerID, limit int) ([]intake.File, error) {
	var args []any
	where := ""
	if p != "" {
		where = "where partner = " + bind(&args, string(p))
	}
	rows, err := s.read.QueryContext(ctx, fileColumns+where+" order by received_at desc, id limit "+bind(&args, limit), args...)
	if err != nil {
		return nil, s.worded(err)
	}
	var files []intake.File
	err = eachRow(rows, func() error {
		f, err := scanFile(rows)
		files = append(files, f)
		return err
	})
	return files, s.worded(err)
}
