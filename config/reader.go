package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader gathers one configuration and remembers where each value came from.
type reader struct {
	doc      *document
	env      map[string]string
	demo     bool
	origins  map[string]Origin // by path
	problems Problems
}

// file binds one YAML file over what is there already.
func (r *reader) file(path string) {
	body, err := os.ReadFile(path)
	if err != nil {
		r.problems = append(r.problems, Problem{File: path, Found: "no readable file (" + reason(err) + ")", Mend: "check the path and its permissions"})
		return
	}
	r.yaml(path, body)
}

// yaml binds the text of one file.
func (r *reader) yaml(name string, body []byte) {
	b := &binder{file: name, origins: r.origins}
	if root := b.parse(body); root != nil {
		b.bind(root, reflectOf(r.doc), "")
	}
	r.problems = append(r.problems, b.problems...)
}

// at says where a path was written: its own place, else that of the nearest
// thing around it.
func (r *reader) at(path string) Origin {
	for p := path; p != ""; p = parent(p) {
		if o, ok := r.origins[p]; ok {
			return o
		}
	}
	return r.origins[""]
}

// add reports a problem of the value at path.
func (r *reader) add(path, found, allowed, mend string) {
	r.problems = append(r.problems, r.problem(path, found, allowed, mend))
}

// warn reports something that works but should not stay.
func (r *reader) warn(path, found, allowed, mend string) {
	p := r.problem(path, found, allowed, mend)
	p.Warning = true
	r.problems = append(r.problems, p)
}

func (r *reader) problem(path, found, allowed, mend string) Problem {
	o := r.at(path)
	file := o.File
	if file == "" {
		file = o.String()
	}
	return Problem{File: file, Line: o.Line, Column: o.Column, Path: path, Found: found, Allowed: allowed, Mend: mend}
}

// parse reads YAML into its tree; a syntax error is the only problem then.
func (b *binder) parse(body []byte) ast.Node {
	file, err := parser.ParseBytes(body, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		b.problems = append(b.problems, b.syntax(err))
		return nil
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(docs) {
	case 0:
		return nil
	case 1:
		return docs[0].Body
	}
	b.add(docs[1].Body, "", "a second YAML document", "one document a file", "put it in a file of its own")
	return docs[0].Body
}

// quoted is source text inside a parser's message; it could be a secret.
var quoted = regexp.MustCompile("(\"[^\"]*\"|'[^']*'|`[^`]*`)")

func (b *binder) syntax(err error) Problem {
	p := Problem{File: b.file, Line: 1, Column: 1, Found: "text that is not YAML", Mend: "check indentation, quotes and colons"}
	y, ok := errors.AsType[yaml.Error](err)
	if !ok {
		return p
	}
	message, _, _ := strings.Cut(y.GetMessage(), "\n")
	p.Found += " (" + quoted.ReplaceAllString(message, "'...'") + ")"
	if t := y.GetToken(); t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	return p
}

// parent is the path around a path: "a.b[1]" is in "a.b", that is in "a".
func parent(path string) string {
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return ""
	}
	return path[:i]
}

// child is the path of a key.
func child(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// item is the path of a list entry.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// reason is the cause of a file error without its path.
func reason(err error) string {
	if i := strings.LastIndex(err.Error(), ": "); i >= 0 {
		return err.Error()[i+2:]
	}
	return err.Error()
}
