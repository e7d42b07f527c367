package store

import "context"

// Known is the watermark K: every fact with a number up to K is committed and
// none will come under it any more. On PostgreSQL it waits for the transactions
// that hold numbers; on SQLite there is one writer.
func (s *Store) Known(ctx context.Context) (known int64, err error) {
	if s.dialect.name() == "sqlite" {
		err = s.read.QueryRowContext(ctx, "select n from commit_seq").Scan(&known)
		return known, err
	}
	err = s.onceInTx(ctx, s.write, func(t *tx) error {
		t.put("set local lock_timeout = '5min'")
		t.put("select pg_advisory_xact_lock($1)", int64(knownLock))
		return t.row(ctx, "select case when is_called then last_value else 0 end from commit_seq").Scan(&known)
	})
	return known, err
}
