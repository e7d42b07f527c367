package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Print writes the effective configuration as YAML that Load would read again,
// each value with its origin as a comment, each secret masked.
func Print(w io.Writer, c *Config) error {
	for _, line := range c.source.block(reflectOf(c.source.doc), "") {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// block writes a struct or a map as lines without indentation.
func (r *reader) block(v reflect.Value, path string) []string {
	var out []string
	if v.Kind() == reflect.Map {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			out = append(out, r.entry(quote(key.String()), v.MapIndex(key), child(path, key.String()))...)
		}
		return out
	}
	for i := range v.NumField() {
		key := keyOf(v.Type().Field(i))
		out = append(out, r.entry(key, v.Field(i), child(path, key))...)
	}
	return out
}

// entry writes one key with its value.
func (r *reader) entry(key string, v reflect.Value, path string) []string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if text, ok := inline(v); ok {
		return []string{fmt.Sprintf("%s: %s # %s", key, text, r.origin(path))}
	}
	out := []string{key + ":"}
	if v.Kind() != reflect.Slice {
		return append(out, indent(r.block(v, path), "  ", "  ")...)
	}
	for i := range v.Len() {
		out = append(out, indent(r.block(v.Index(i), item(path, i)), "  - ", "    ")...)
	}
	return out
}

// origin is where exactly this value was written; what nobody wrote is default.
func (r *reader) origin(path string) Origin {
	return r.origins[path]
}

func indent(lines []string, first, rest string) []string {
	for i := range lines {
		if i == 0 {
			lines[i] = first + lines[i]
		} else {
			lines[i] = rest + lines[i]
		}
	}
	return lines
}

// inline writes what fits behind a key: single values, lists of them, and
// anything empty.
func inline(v reflect.Value) (string, bool) {
	if s, ok := v.Interface().(fmt.Stringer); ok {
		return quote(s.String()), true
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String()), true
	case reflect.Struct:
		return "", false
	case reflect.Map:
		return "{}", v.Len() == 0
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			text, ok := inline(v.Index(i))
			if !ok {
				return "", false
			}
			items[i] = text
		}
		return "[" + strings.Join(items, ", ") + "]", true
	}
	return fmt.Sprint(v.Interface()), true
}

// quote writes text as a YAML scalar, quoted where it must be.
func quote(s string) string {
	if strings.ContainsAny(s, ",[]{}#*&!|>'\"%@`:") || strings.TrimSpace(s) != s {
		return fmt.Sprintf("%q", s)
	}
	out, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSuffix(string(out), "\n")
}
