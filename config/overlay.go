package config

import (
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// prefix begins every variable of ours: THROUGHLINE_SECTION_KEY.
const prefix = "THROUGHLINE_"

// environment lays variables over the files. NAME_FILE reads the value of NAME
// from a file, as container secrets come.
func (r *reader) environment() {
	for _, path := range settings() {
		name := Variable(path)
		value, set := r.env[name]
		if file, ok := r.env[name+"_FILE"]; ok && !set {
			body, err := os.ReadFile(file)
			if err != nil {
				r.origins[path] = Origin{File: "environment", Name: "env " + name + "_FILE"}
				r.add(path, "no readable file in "+name+"_FILE ("+reason(err)+")", "the path of a file", "check the path and its permissions")
				continue
			}
			name, value, set = name+"_FILE", strings.TrimRight(string(body), "\r\n"), true
		}
		if set && value != "" {
			r.set(path, value, Origin{File: "environment", Name: "env " + name})
		}
	}
	r.strays()
}

// strays reports variables that name a section of ours but no key of it.
func (r *reader) strays() {
	known := map[string]bool{}
	for _, path := range settings() {
		known[Variable(path)], known[Variable(path)+"_FILE"] = true, true
	}
	sections := fieldsOf(reflect.TypeFor[document]())
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		section, _, more := strings.Cut(strings.ToLower(strings.TrimPrefix(name, prefix)), "_")
		if _, ours := sections[section]; !strings.HasPrefix(name, prefix) || !more || !ours || known[name] {
			continue
		}
		r.problems = append(r.problems, Problem{File: "environment", Path: name, Found: "a variable that sets nothing",
			Allowed: "THROUGHLINE_SECTION_KEY of a single setting", Mend: "see throughline config print for the names"})
	}
}

// flags lays command-line values over everything, by path ("store.url").
func (r *reader) flags(values map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(values)) {
		o := Origin{File: "flags", Name: "flag --" + strings.ReplaceAll(path, ".", "-")}
		if !slices.Contains(settings(), path) {
			r.origins[path] = o
			r.add(path, "a flag that sets nothing", "the path of a single setting", "see throughline config print for the paths")
			continue
		}
		r.set(path, values[path], o)
	}
}

// set parses text into the setting at path.
func (r *reader) set(path, text string, o Origin) {
	r.origins[path] = o
	err := env.ParseWithOptions(r.doc, env.Options{TagName: "yaml", PrefixTagName: "envPrefix", Environment: map[string]string{path: text}})
	if err == nil {
		return
	}
	v := r.field(path)
	found := show(v, text)
	if !errors.As(err, &env.AggregateError{}) {
		found = "a value that cannot be read"
	}
	r.add(path, found, typeName(v), "write it as "+example(v))
}

// Variable is the environment variable of a setting: "store.url" is
// THROUGHLINE_STORE_URL.
func Variable(path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// settings are the paths of all single values, which variables and flags can set.
func settings() []string { return leaves(reflect.TypeFor[document](), "") }

func leaves(t reflect.Type, path string) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		p := child(path, keyOf(f))
		switch {
		case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[Secret]() && f.Type != reflect.TypeFor[DSN]():
			out = append(out, leaves(f.Type, p)...)
		case f.Type.Kind() == reflect.Map, f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.String:
		default:
			out = append(out, p)
		}
	}
	return out
}

// field finds the value of a setting.
func (r *reader) field(path string) reflect.Value {
	v := reflectOf(r.doc)
	for _, key := range strings.Split(path, ".") {
		v = v.Field(fieldsOf(v.Type())[key])
	}
	return v
}
