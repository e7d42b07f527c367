package config

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/throughline/throughline/program"
)

// fieldsOf are the keys of a struct and the index of each field.
func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			fields[keyOf(f)] = i
		}
	}
	return fields
}

// keyOf is the key of a field: its yaml tag, else its name in snake case.
func keyOf(f reflect.StructField) string {
	if tag, ok := f.Tag.Lookup("yaml"); ok {
		return tag
	}
	return snake(f.Name)
}

// snake turns "MinElapsedDays" into "min_elapsed_days", "UnderUsedBP" into
// "under_used_bp".
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && unicode.IsUpper(c) && !unicode.IsUpper(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func keyList(fields map[string]int) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}

// didYouMean names the nearest known key.
func didYouMean(key string, fields map[string]int) string {
	best, distance := "", 3
	for _, known := range slices.Sorted(maps.Keys(fields)) {
		if d := edits(key, known); d < distance {
			best, distance = known, d
		}
	}
	if best == "" {
		return "remove it, or move it to where it belongs"
	}
	return "did you mean " + best + "?"
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// describe says what kind of thing a node is, without its content.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// typeName is what may be written for v.
func typeName(v reflect.Value) string {
	switch v.Interface().(type) {
	case time.Duration:
		return "a duration"
	case netip.Prefix:
		return "a network in CIDR notation"
	case program.Day:
		return "a date YYYY-MM-DD"
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("a whole number of at most %d bits", v.Type().Bits())
	}
	return "one value"
}

// example is a value that v would take.
func example(v reflect.Value) string {
	switch v.Interface().(type) {
	case time.Duration:
		return "50ms, 30s or 5m"
	case netip.Prefix:
		return "10.1.0.0/16"
	case program.Day:
		return "2026-01-31"
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "42"
	}
	return "text"
}

// show quotes what was written, unless it is secret.
func show(v reflect.Value, text string) string {
	switch v.Interface().(type) {
	case Secret:
		return masked
	case DSN:
		text = DSN{Secret{written: text}}.String()
	}
	return fmt.Sprintf("%q", text)
}
