package store

import "context"

// unsynced runs a transaction on SQLite that does not wait for the disk: the next
// one of the usual kind does, and what was written before comes along, because the
// log is one file (https://www.sqlite.org/pragma.html#pragma_synchronous, NORMAL
// in WAL mode). It is for rows that count only once such a transaction says so.
func (s *Store) unsynced(ctx context.Context, f func(*tx) error) error {
	t, err := s.dialect.begin(ctx, s.write)
	if err != nil {
		return err
	}
	give := t.release
	t.release = func() {
		if _, err := t.conn.ExecContext(context.WithoutCancel(ctx), "pragma synchronous = full"); err != nil {
			t.stmts.reset() // the next writer opens a connection of its own
		}
		give()
	}
	defer t.rollback()
	if _, err := t.conn.ExecContext(ctx, "pragma synchronous = normal"); err != nil {
		return err
	}
	if err := f(t); err != nil {
		return err
	}
	return t.commit(ctx)
}
