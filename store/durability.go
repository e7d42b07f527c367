package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Setting is one setting of the database on which "committed means kept" rests
// (protocol.md R1).
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Want  string `json:"want"`
	Safe  bool   `json:"safe"`
}

// durable are the settings of each database with the values that are safe. What
// SQLite answers as numbers is written as its documentation does.
var durable = map[string][]struct {
	name, ask string
	safe      []string
}{
	"postgres": {
		{"synchronous_commit", "show synchronous_commit", []string{"on", "remote_apply"}},
		{"fsync", "show fsync", []string{"on"}},
		{"full_page_writes", "show full_page_writes", []string{"on"}},
	},
	"sqlite": {
		{"journal_mode", "pragma journal_mode", []string{"wal"}},
		{"synchronous", "select case synchronous when 2 then 'full' when 3 then 'extra' when 1 then 'normal' else 'off' end from pragma_synchronous", []string{"full", "extra"}},
		{"foreign_keys", "select case foreign_keys when 1 then 'on' else 'off' end from pragma_foreign_keys", []string{"on"}},
	},
}

// Durability reads the settings as the connection that writes has them.
func (s *Store) Durability(ctx context.Context) ([]Setting, error) {
	var out []Setting
	for _, d := range durable[s.dialect.name()] {
		var value string
		if err := s.write.QueryRowContext(ctx, d.ask).Scan(&value); err != nil {
			return nil, fmt.Errorf("read %s: %w", d.name, err)
		}
		out = append(out, Setting{d.name, value, strings.Join(d.safe, " or "), slices.Contains(d.safe, value)})
	}
	return out, nil
}
