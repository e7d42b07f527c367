package config

import (
	"embed"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// Input is what a configuration is read from.
type Input struct {
	Paths []string          // YAML files; a later one writes over an earlier one, lists are replaced whole
	Env   map[string]string // variables by name, see Environ
	Flags map[string]string // values by path, such as "store.url"
}

// Load reads and checks a configuration. Problems that are not warnings leave
// no Config; Problems.Err tells. Tokens are static bearer tokens: literal ones
// are for the demo, elsewhere they must be references to a secret.
func Load(in Input) (*Config, Problems) {
	r := newReader(in.Env)
	for _, path := range in.Paths {
		r.file(path)
	}
	return r.finish(in.Flags)
}

//go:embed demo.yaml
var demoFile embed.FS

// Demo is the built-in demonstration under the given variables and flags:
// synthetic partners on loopback, all five programs. Delivery URLs with port 0
// and the tokens are filled in by whoever starts the demo.
func Demo(env, flags map[string]string) (*Config, Problems) {
	r := newReader(env)
	r.demo = true
	body, err := demoFile.ReadFile("demo.yaml")
	if err != nil {
		return nil, Problems{{File: "demo.yaml", Found: reason(err)}}
	}
	r.yaml("demo.yaml", body)
	return r.finish(flags)
}

// Environ is the environment of the process by name.
func Environ() map[string]string {
	env := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

func newReader(env map[string]string) *reader {
	return &reader{doc: defaults(), env: env, origins: map[string]Origin{}}
}

// finish lays environment and flags over the files, checks, and builds.
func (r *reader) finish(flags map[string]string) (*Config, Problems) {
	r.environment()
	r.flags(flags)
	r.resolve(reflectOf(r.doc), "")
	r.complete()
	r.validate()
	packs := r.packs()
	r.cross(packs)
	c := &Config{
		Server: r.doc.Server, Store: r.doc.Store, Redis: r.doc.Redis, Identity: r.doc.Identity, Logging: r.doc.Logging,
		Partners: r.partners(), Tokens: revealed(r.doc.Tokens), Tests: revealed(r.doc.Tests), Packs: packs, Schedules: r.schedules(), Rules: r.rules(packs), Clocks: r.clocks(), Retention: r.doc.Retention,
		Demo: r.demo, source: r,
	}
	problems := r.problems.sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return c, problems
}

func revealed(tokens map[string]Secret) map[gateway.PartnerID]string {
	out := make(map[gateway.PartnerID]string, len(tokens))
	for id, token := range tokens {
		out[gateway.PartnerID(id)] = token.Reveal()
	}
	return out
}

// complete fills in defaults that depend on other values.
func (r *reader) complete() {
	if len(r.doc.Identity.TrustedSystems) == 0 {
		r.doc.Identity.TrustedSystems = []string{r.doc.Identity.MemberSystem}
	}
	for i := range r.doc.Partners {
		r.doc.Partners[i].complete(r.doc)
	}
}

// resolve reads every secret below v, and reports those that cannot be read.
func (r *reader) resolve(v reflect.Value, path string) {
	switch s := v.Addr().Interface().(type) {
	case *Secret:
		r.secret(s, path, s.Literal())
		return
	case *DSN:
		r.secret(&s.Secret, path, s.literalPassword())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			r.resolve(v.Elem(), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				r.resolve(v.Field(i), child(path, keyOf(f)))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			r.resolve(v.Index(i), item(path, i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			r.resolve(value, child(path, key.String()))
			v.SetMapIndex(key, value)
		}
	}
}

func (r *reader) secret(s *Secret, path string, literal bool) {
	if err := s.resolve(r.env); err != nil {
		r.add(path, fmt.Sprintf("%s, which gives nothing (%s)", s, reason(err)), "env:NAME or file:/path of a secret that is there", "set the variable, or write the file")
		return
	}
	if literal && !r.demo && r.origins[path].Line > 0 && !strings.HasPrefix(path, "tokens.") && !strings.HasPrefix(path, "test_tokens.") {
		r.warn(path, "a literal secret in a file", "env:NAME or file:/path", "keep the secret out of the file")
	}
}
