package config

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// binder puts a YAML tree into Go values, strictly: it reports every unknown
// key, repeated key and wrong type with its place, and goes on.
type binder struct {
	file     string
	origins  map[string]Origin // filled as values are bound; nil = not wanted
	problems Problems
	// params makes the value of an interface field of parent, nil when that
	// cannot be known; it is asked after parent's other keys are bound.
	params func(parent any) any
}

func reflectOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

// add reports a problem at a node.
func (b *binder) add(n ast.Node, path, found, allowed, mend string) {
	line, column := place(n)
	b.problems = append(b.problems, Problem{File: b.file, Line: line, Column: column, Path: path, Found: found, Allowed: allowed, Mend: mend})
}

// bind puts node into v. An empty value leaves v as it is.
func (b *binder) bind(n ast.Node, v reflect.Value, path string) {
	if b.origins != nil {
		line, column := place(n)
		b.origins[path] = Origin{File: b.file, Line: line, Column: column}
	}
	switch n.(type) {
	case *ast.NullNode:
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		b.add(n, path, "an anchor, alias or tag", "plain values", "write the value out")
		return
	}
	if _, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		b.scalar(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		b.bind(n, v.Elem(), path)
	case reflect.Struct:
		b.structure(n, v, path)
	case reflect.Map:
		b.table(n, v, path)
	case reflect.Slice:
		b.sequence(n, v, path)
	default:
		b.scalar(n, v, path)
	}
}

// entries lists the keys of a mapping and reports repeated ones.
func (b *binder) entries(n ast.Node, path string) []*ast.MappingValueNode {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		b.add(n, path, describe(n), "keys and values", "write `key: value` lines below it")
		return nil
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(values), func(kv *ast.MappingValueNode) bool {
		key := kv.Key.GetToken().Value
		if seen[key] {
			b.add(kv.Key, child(path, key), "the key a second time", "each key once", "remove one of the two")
		}
		again := seen[key]
		seen[key] = true
		return again
	})
}

func (b *binder) structure(n ast.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	var late []*ast.MappingValueNode
	for _, kv := range b.entries(n, path) {
		key := kv.Key.GetToken().Value
		i, ok := fields[key]
		switch {
		case !ok:
			b.add(kv.Key, child(path, key), "an unknown key", keyList(fields), didYouMean(key, fields))
		case v.Field(i).Kind() == reflect.Interface:
			late = append(late, kv)
		default:
			b.bind(kv.Value, v.Field(i), child(path, key))
		}
	}
	for _, kv := range late {
		key := kv.Key.GetToken().Value
		if value := b.params(v.Addr().Interface()); value != nil {
			b.bind(kv.Value, reflectOf(value), child(path, key))
			v.Field(fields[key]).Set(reflect.ValueOf(value))
		}
	}
}

func (b *binder) table(n ast.Node, v reflect.Value, path string) {
	b.forget(path, ".")
	m := reflect.MakeMap(v.Type())
	for _, kv := range b.entries(n, path) {
		key := kv.Key.GetToken().Value
		value := reflect.New(v.Type().Elem()).Elem()
		b.bind(kv.Value, value, child(path, key))
		m.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
	}
	v.Set(m)
}

func (b *binder) sequence(n ast.Node, v reflect.Value, path string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		b.add(n, path, describe(n), "a list", "write `- value` lines, or [a, b]")
		return
	}
	b.forget(path, "[")
	out := reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values))
	for i, entry := range list.Values {
		b.bind(entry, out.Index(i), item(path, i))
	}
	v.Set(out)
}

// forget drops the origins of a list or map that is written again.
func (b *binder) forget(path, separator string) {
	maps.DeleteFunc(b.origins, func(p string, _ Origin) bool { return strings.HasPrefix(p, path+separator) })
}

// scalar puts one word, number or switch into v.
func (b *binder) scalar(n ast.Node, v reflect.Value, path string) {
	text, ok := textOf(n)
	if !ok {
		b.add(n, path, describe(n), typeName(v), "write one value; put text with a colon in quotes")
		return
	}
	if err := setText(v, n, text); err != nil {
		b.add(n, path, show(v, text), typeName(v), "write it as "+example(v))
	}
}

// setText parses text by the type of v.
func setText(v reflect.Value, n ast.Node, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if _, ok := v.Interface().(time.Duration); ok {
		d, err := time.ParseDuration(text)
		if err == nil {
			v.SetInt(int64(d))
		}
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		flag, ok := n.(*ast.BoolNode)
		if !ok {
			return fmt.Errorf("not a switch")
		}
		v.SetBool(flag.Value)
	case reflect.Int, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, v.Type().Bits())
		if err == nil {
			v.SetInt(number)
		}
		return err
	}
	return nil
}

// textOf is a scalar as it was written: "007" stays "007".
func textOf(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingNode:
		if len(s.Values) == 1 {
			return textOf(s.Values[0])
		}
	case *ast.MappingValueNode:
		return glued(s)
	}
	return "", false
}

// glued mends a reading of goccy/go-yaml: in a list inside {} it takes the
// plain scalar "env:NAME" for a key and a value, though no blank follows the
// colon (YAML 1.2, 7.3.3).
func glued(kv *ast.MappingValueNode) (string, bool) {
	key := kv.Key.GetToken()
	_, column := place(kv.Value)
	value, ok := textOf(kv.Value)
	if !ok || column != key.Position.Column+len(key.Value)+1 {
		return "", false
	}
	return key.Value + ":" + value, true
}

// place is line and column of a node; a block mapping begins at its first key.
func place(n ast.Node) (line, column int) {
	token := n.GetToken()
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 && !m.IsFlowStyle {
			token = m.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		token = m.Key.GetToken()
	}
	if token == nil || token.Position == nil {
		return 1, 1
	}
	return token.Position.Line, token.Position.Column
}
