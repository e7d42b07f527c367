package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/gateway"
)

// Read gives the stored bytes of the current version, by our id or by the
// caller's own. Absent and not visible are one answer; deleted is Gone.
func (s *Store) Read(ctx context.Context, c gateway.Caller, typ, id string) (*gateway.Stored, error) {
	args := []any{typ, id}
	sql := "select r.version, r.updated_at, r.verb, r.json from resource r where r.type = $1 and r.id = $2 and " + visible(c, "r", &args)
	st, err := s.readOne(ctx, typ, id, sql, args)
	if err == nil || gateway.FaultOf(err).Code != gateway.NotFound {
		return st, err
	}
	own, again := s.sourceRef(ctx, s.reading(), c.Partner, typ+"/"+id)
	switch {
	case again != nil:
		return nil, s.worded(again)
	case own == "" || own == id:
		return nil, err
	}
	args[1] = own
	return s.readOne(ctx, typ, own, sql, args)
}

// ReadVersion gives one version, current or superseded.
func (s *Store) ReadVersion(ctx context.Context, c gateway.Caller, typ, id string, version int64) (*gateway.Stored, error) {
	args := []any{typ, id, version}
	sql := fmt.Sprintf(`select r.version, r.updated_at, r.verb, r.json from resource r where r.type = $1 and r.id = $2 and r.version = $3 and %s
		union all select r.version, r.updated_at, r.verb, r.json from resource_history r where r.type = $1 and r.id = $2 and r.version = $3 and %s`,
		visible(c, "r", &args), visible(c, "r", &args))
	return s.readOne(ctx, typ, id, sql, args)
}

func (s *Store) readOne(ctx context.Context, typ, id, sql string, args []any) (*gateway.Stored, error) {
	st := &gateway.Stored{Type: typ, ID: id}
	var us int64
	err := s.reading().row(ctx, sql, args...).Scan(&st.Version, &us, &st.Verb, &st.JSON)
	switch {
	case noRows(err):
		return nil, notFound(typ)
	case err != nil:
		return nil, s.worded(err)
	}
	if st.Updated = fromMicros(us); st.Verb == gateway.Deleted {
		return st, gone(typ)
	}
	return st, nil
}

// History lists versions, newest first: of one resource, or of a type when id
// is empty.
func (s *Store) History(ctx context.Context, c gateway.Caller, typ, id, page string, count int) (*gateway.Page, error) {
	at, err := parseCursor(page)
	if err != nil {
		return nil, err
	}
	args := []any{typ}
	branch := func(table string) string {
		where := "r.type = $1"
		if id != "" {
			where += " and r.id = " + bind(&args, id)
		}
		if page != "" {
			where += fmt.Sprintf(" and (r.seq, r.id) < (%s, %s)", bind(&args, at.seq), bind(&args, at.id))
		}
		return fmt.Sprintf("select %s from %s r where %s and %s", resourceColumns, table, where, visible(c, "r", &args))
	}
	sql := fmt.Sprintf("select type, id, version, updated_at, verb, json, seq from (%s union all %s) h order by seq desc, id desc limit %d",
		branch("resource"), branch("resource_history"), count+1)
	rows, seqs, err := s.storedRows(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	if id != "" && len(rows) == 0 && page == "" {
		return nil, notFound(typ)
	}
	out := &gateway.Page{Matches: rows, Total: -1}
	if len(rows) > count {
		out.Matches = rows[:count]
		out.Next = cursor{seqs[count-1], rows[count-1].ID}.String()
	} else if page == "" {
		out.Total = len(rows)
	}
	return out, nil
}
