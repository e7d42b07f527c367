package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// printJSON writes one value as JSON; empty lists are [].
func (c *cli) printJSON(v any) error {
	if err := json.MarshalWrite(c.out, v, jsontext.WithIndent("  "), json.Deterministic(true)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.out)
	return err
}

// table is columns of text under headings.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, or what to say when it is empty (to stderr: no data).
func (c *cli) print(t *table, empty string) error {
	if len(t.rows) == 0 {
		fmt.Fprintln(c.errs, empty)
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return w.Flush()
}

// show prints a list: as JSON when asked for, else as a table.
func show[T any](c *cli, list []T, empty string, head []string, row func(T) []string) error {
	if c.opts.json {
		if list == nil {
			list = []T{}
		}
		return c.printJSON(list)
	}
	t := &table{head: head}
	for _, v := range list {
		t.add(row(v)...)
	}
	return c.print(t, empty)
}

// when is a time for people; empty for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// counted is "1 row" or "2 rows".
func counted[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
