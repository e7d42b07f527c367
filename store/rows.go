package store

import (
	"database/sql"
	"errors"
	"strings"
)

// eachRow calls f for every row and closes them.
func eachRow(rows *sql.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// maxKey bounds what goes into an index: PostgreSQL refuses index rows over a
// third of a page.
const maxKey = 1024

// clip cuts an indexed text at maxKey bytes, between characters; searches clip
// their values the same way.
func clip(s string) string {
	if len(s) <= maxKey {
		return s
	}
	return strings.ToValidUTF8(s[:maxKey], "")
}
