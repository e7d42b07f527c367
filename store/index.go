package store

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir/search"
)

// A reference is searched by its target in one of these forms.
const (
	formLocal   = ""  // Type/id
	formURL     = "u" // absolute or urn
	formLogical = "i" // identifier: system and value
)

// indexTable is one search table: its columns after type, in key order, with id last.
type indexTable struct {
	name    string
	columns []string
}

var (
	tokenTable    = indexTable{"search_token", []string{"param", "value", "system", "id"}}
	stringTable   = indexTable{"search_string", []string{"param", "value", "exact", "id"}}
	dateTable     = indexTable{"search_date", []string{"param", "lo", "hi", "id"}}
	refTable      = indexTable{"search_ref", []string{"param", "target", "form", "system", "id"}}
	quantityTable = indexTable{"search_quantity", []string{"param", "lo", "hi", "system", "code", "id"}}
)

// eachIndex gives the rows of a resource table by table.
func eachIndex(id string, rows search.Rows, f func(indexTable, [][]any)) {
	var values [5][][]any
	for _, r := range rows.Tokens {
		values[0] = append(values[0], []any{r.Param, clip(r.Value), clip(r.System), id})
	}
	for _, r := range rows.Strings {
		values[1] = append(values[1], []any{r.Param, clip(r.Value), clip(r.Exact), id})
	}
	for _, r := range rows.Dates {
		values[2] = append(values[2], []any{r.Param, r.Lo, r.Hi, id})
	}
	for _, r := range rows.Refs {
		target, form := refTarget(r)
		values[3] = append(values[3], []any{r.Param, clip(target), form, clip(r.System), id})
	}
	for _, r := range rows.Quantities {
		values[4] = append(values[4], []any{r.Param, r.Lo, r.Hi, clip(r.System), clip(r.Code), id})
	}
	for i, table := range []indexTable{tokenTable, stringTable, dateTable, refTable, quantityTable} {
		if len(values[i]) > 0 {
			f(table, values[i])
		}
	}
}

func refTarget(r search.RefRow) (target, form string) {
	switch {
	case r.ID != "":
		return r.Type + "/" + r.ID, formLocal
	case r.URL != "":
		return r.URL, formURL
	}
	return r.Value, formLogical
}

// indexChunk is the most rows of one INSERT: few distinct statements, so that
// each stays prepared.
const indexChunk = 8

// putIndex queues a resource's search rows.
func putIndex(t *tx, typ, id string, rows search.Rows) {
	eachIndex(id, rows, func(table indexTable, values [][]any) {
		for len(values) > 0 {
			n := min(len(values), indexChunk)
			args := []any{typ}
			marks := make([]string, n)
			for i, v := range values[:n] {
				marks[i] = "($1, " + bindAll(&args, v) + ")"
			}
			t.put(fmt.Sprintf("insert into %s (type, %s) values %s on conflict do nothing", table.name, strings.Join(table.columns, ", "), strings.Join(marks, ", ")), args...)
			values = values[n:]
		}
	})
}

// dropIndex queues the removal of a resource's search rows.
func dropIndex(t *tx, typ, id string, rows search.Rows) {
	eachIndex(id, rows, func(table indexTable, values [][]any) {
		for _, v := range values {
			args := []any{typ}
			match := make([]string, len(v))
			for i := range v {
				match[i] = table.columns[i] + " = " + bind(&args, v[i])
			}
			t.put(fmt.Sprintf("delete from %s where type = $1 and %s", table.name, strings.Join(match, " and ")), args...)
		}
	})
}
