package store

import (
	"context"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// ErasePayloads erases the bytes of settled messages that came before a moment,
// and of files: what was sent, as it was sent. Keys, hashes, answers and what was
// made of them stay; a message cannot be replayed after that. A legal hold keeps
// the bytes of its child's messages. It
// takes at most limit messages and says how many; 0 = there are no more. With
// try it only counts them all.
func (s *Store) ErasePayloads(ctx context.Context, before time.Time, limit int, try bool) (n int64, err error) {
	due := "received_at < $1 and erased_at = 0 and state <> '" + string(gateway.Held) + "' and routed = 1 and not exists (select 1 from outbox o where o.message = inbox.id and o.state in ('ready', 'parked', 'awaiting')) and " + unheld("inbox.id")
	us := before.UnixMicro()
	if try {
		err = s.reading().row(ctx, "select count(*) from inbox where "+due, us).Scan(&n)
		return n, s.worded(err)
	}
	err = s.inTx(ctx, func(t *tx) error {
		if err := (&purging{s: s, t: t}).secure(ctx); err != nil {
			return err
		}
		for _, sql := range []string{"update file_unit set raw = null where raw is not null and file in (select id from file_intake where received_at < $1) and " + unheld("file_unit.message"),
			"update file_ack set body = '' where length(body) > 0 and file in (select id from file_intake where received_at < $1) and not exists (select 1 from legal_hold h where h.released_at = 0)",
			"delete from quarantine where received_at < $1 and " + unheld("quarantine.message")} {
			if err := t.exec(ctx, sql, us); err != nil {
				return err
			}
		}
		n, err = t.affect(ctx, "update inbox set body = '', erased_at = $2 where id in (select id from inbox where "+due+" limit $3)", us, s.micros(), limit)
		return err
	})
	return n, s.worded(err)
}

// unheld is the condition that a message is about no child under a legal hold.
func unheld(message string) string {
	return "not exists (select 1 from legal_hold h where h.released_at = 0 and (h.person = '' or exists (select 1 from effect e where e.message = " + message + " and e.person = h.person)))"
}

// PayloadTables are those that ErasePayloads changes.
func (s *Store) PayloadTables() []string {
	return []string{"file_ack", "file_unit", "inbox", "quarantine"}
}

// EachText gives every text and every blob of every table, a table after the
// other: the proof that something is gone. It stops at the first error.
func (s *Store) EachText(ctx context.Context, f func(table, column string, value []byte) error) (rows int64, err error) {
	tables, err := s.tables(ctx)
	for _, table := range tables {
		if err != nil {
			break
		}
		var n int64
		n, err = s.eachText(ctx, table, f)
		rows += n
	}
	return rows, s.worded(err)
}

func (s *Store) tables(ctx context.Context) (out []string, err error) {
	sql := "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
	if s.Kind() == "postgres" {
		sql = "select c.relname from pg_class c where c.relkind in ('r', 'm') and c.relnamespace = current_schema()::regnamespace order by c.relname"
	}
	rows, err := s.reading().query(ctx, sql)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		out = append(out, "")
		return rows.Scan(&out[len(out)-1])
	})
	return out, err
}

func (s *Store) eachText(ctx context.Context, table string, f func(table, column string, value []byte) error) (n int64, err error) {
	rows, err := s.read.QueryContext(ctx, `select * from "`+table+`"`)
	if err != nil {
		return 0, err
	}
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	err = eachRow(rows, func() error {
		n++
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			var text []byte
			switch v := v.(type) {
			case string:
				text = []byte(v)
			case []byte:
				text = v
			default:
				continue
			}
			if err := f(table, columns[i], text); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// Compact gives the room of deleted rows back. SQLite's file is written anew
// when rewrite is set, so that nothing deleted is in it; PostgreSQL's tables are,
// under a lock that stops everybody, else their rows are only free to be written
// over.
func (s *Store) Compact(ctx context.Context, tables []string, rewrite bool) error {
	var statements []string
	if s.Kind() == "sqlite" {
		if rewrite {
			statements = append(statements, "vacuum")
		}
		statements = append(statements, "pragma wal_checkpoint(truncate)")
	} else {
		if rewrite {
			if err := s.outlive(ctx); err != nil {
				return err
			}
		}
		for _, table := range tables {
			statements = append(statements, "vacuum "+map[bool]string{true: "(full) "}[rewrite]+table)
		}
		if rewrite {
			statements = append(statements, "checkpoint")
		}
	}
	for _, statement := range statements {
		if _, err := s.write.ExecContext(ctx, statement); err != nil {
			return s.worded(err)
		}
	}
	return nil
}

// outlive waits until every transaction that is under way has ended. VACUUM (FULL)
// copies a deleted row along as long as its own snapshot, or another of this
// database, might still see it, and a snapshot is as old as the oldest transaction
// of the whole server. Sessions of other roles are seen by a role that may
// (pg_read_all_stats).
func (s *Store) outlive(ctx context.Context) error {
	const ended = `select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 and not exists (select 1 from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid() and age(backend_xmin) > age($1::text::xid8::xid))`
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var next string
	if err := s.write.QueryRowContext(ctx, "select pg_snapshot_xmax(pg_current_snapshot())::text").Scan(&next); err != nil {
		return s.worded(err)
	}
	for {
		var done bool
		err := s.write.QueryRowContext(ctx, ended, next).Scan(&done)
		switch {
		case ctx.Err() != nil:
			return stillOpen(ctx.Err())
		case err != nil:
			return s.worded(err)
		case done:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond): // PostgreSQL tells nobody that a transaction has ended
		}
	}
}

func stillOpen(err error) error {
	return &gateway.Fault{Op: "compact", Code: gateway.Busy, Err: err, Issues: fhir.Issues{{Severity: fhir.Error, Code: "transient",
		Found: "a transaction of the server is open for long, and what it may see stays in the files", Fix: "end it (pg_stat_activity, pg_prepared_xacts), then write the tables anew: VACUUM (FULL)"}}}
}

// AddRetentionRun keeps what a purge says of itself.
func (s *Store) AddRetentionRun(ctx context.Context, id, who string, report []byte) error {
	return s.inTx(ctx, func(t *tx) error {
		t.put("insert into retention_run (id, at, who, report) values ($1, $2, $3, $4)", id, s.micros(), clip(who), string(report))
		return s.auditAct(ctx, t, act{who: who, action: "purge", typ: "RetentionRun", id: id, outcome: auditDone, detail: "see retention list"})
	})
}

// RetentionRuns are the reports of the last purges, newest first.
func (s *Store) RetentionRuns(ctx context.Context, limit int) (out [][]byte, err error) {
	rows, err := s.reading().query(ctx, "select report from retention_run order by at desc limit $1", limit)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var text string
		err := rows.Scan(&text)
		out = append(out, []byte(text))
		return err
	})
	return out, s.worded(err)
}
