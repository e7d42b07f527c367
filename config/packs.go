package config

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/program"
)

//go:embed programs/*.yaml
var builtin embed.FS

// Programs lists the ids of the built-in packs, sorted.
func Programs() []string {
	names, _ := fs.Glob(builtin, "programs/*.yaml")
	for i, name := range names {
		names[i] = strings.TrimSuffix(filepath.Base(name), ".yaml")
	}
	slices.Sort(names)
	return names
}

// packs loads the programs that are listed.
func (r *reader) packs() []*program.Pack {
	var out []*program.Pack
	for i, id := range r.doc.Programs.Packs {
		path := item("programs.packs", i)
		name, body, err := r.packFile(id)
		if err != nil {
			r.add(path, strconv.Quote(id), "a built-in program ("+strings.Join(Programs(), ", ")+") or a file ID.yaml in programs.directories", "correct the name")
			continue
		}
		pack, problems := LoadPack(name, body)
		r.problems = append(r.problems, problems...)
		if pack != nil && slices.ContainsFunc(out, func(p *program.Pack) bool { return p.ID == pack.ID }) {
			r.add(path, strconv.Quote(id)+" a second time", "each program once", "remove one")
			continue
		}
		if pack != nil {
			out = append(out, pack)
		}
	}
	return out
}

// packFile finds the text of a pack: in the operator's directories first.
func (r *reader) packFile(id string) (name string, body []byte, err error) {
	if !idPattern.MatchString(id) {
		return "", nil, fs.ErrInvalid
	}
	for _, dir := range r.doc.Programs.Directories {
		name = filepath.Join(dir, id+".yaml")
		if body, err = os.ReadFile(name); err == nil {
			return name, body, nil
		}
	}
	name = "programs/" + id + ".yaml"
	body, err = builtin.ReadFile(name)
	return name, body, err
}

// LoadPack reads one program pack strictly.
func LoadPack(name string, body []byte) (*program.Pack, Problems) {
	pack := &program.Pack{}
	b := &binder{file: name, origins: map[string]Origin{}, params: paramsOf}
	if root := b.parse(body); root != nil {
		b.bind(root, reflectOf(pack), "")
	}
	c := packCheck{pack: pack, reader: &reader{origins: b.origins, problems: b.problems}}
	c.origins[""] = Origin{File: name, Line: 1, Column: 1}
	c.check(strings.TrimSuffix(filepath.Base(name), ".yaml"))
	problems := c.problems.sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return pack, problems
}

// paramsOf makes the parameters of a rule; an unknown kind is reported later.
func paramsOf(parent any) any {
	rule, ok := parent.(*program.Rule)
	if !ok {
		return nil
	}
	if p := program.NewParams(rule.Kind); p != nil {
		return p
	}
	return nil
}

// packCheck reports what is wrong with a pack that could be read.
type packCheck struct {
	*reader
	pack *program.Pack
}

// asOf is a date as far as a source gives it.
var asOf = regexp.MustCompile(`^(\d{4}(-\d\d){0,2})?$`)

func (c *packCheck) check(id string) {
	p := c.pack
	if p.ID != id {
		c.add("id", strconv.Quote(p.ID), strconv.Quote(id)+", the name of the file", "make them agree")
	}
	c.want("title", p.Title)
	c.want("source.document", p.Source.Document)
	c.want("source.title", p.Source.Title)
	c.oneOf("subject", p.Subject, "child", "person")
	if !asOf.MatchString(p.Source.AsOf) {
		c.add("source.as_of", strconv.Quote(p.Source.AsOf), "YYYY, YYYY-MM or YYYY-MM-DD, or nothing", "write the date the source gives")
	}
	c.period("effective_to", p.EffectiveFrom, p.EffectiveTo)
	if err := p.Due.Check(); err != nil {
		c.add("due", err.Error(), "whole numbers of days; 0 = no date", "correct them")
	}
	seen := map[string]string{}
	for i := range p.Rules {
		path := item("rules", i)
		c.rule(path, &p.Rules[i])
		c.once(seen, p.Rules[i].ID, path+".id", "rule id")
	}
}

func (c *packCheck) rule(path string, r *program.Rule) {
	if !idPattern.MatchString(r.ID) {
		c.add(path+".id", strconv.Quote(r.ID), vocabulary["id"].allowed, vocabulary["id"].mend)
	}
	c.want(path+".title", r.Title)
	c.want(path+".source.section", r.Source.Section)
	c.want(path+".source.says", r.Source.Says)
	c.oneOf(path+".force", string(r.Force), string(program.Required), string(program.Recommended), string(program.Permitted))
	var kinds []string
	for _, k := range program.Kinds() {
		kinds = append(kinds, string(k))
	}
	c.oneOf(path+".kind", string(r.Kind), kinds...)
	c.period(path+".effective_to", r.EffectiveFrom, r.EffectiveTo)
	if r.DueDays < 0 {
		c.add(path+".due_days", strconv.FormatInt(r.DueDays, 10), "days; 0 or left out = as the force says", "correct it")
	}
	if r.Unset != "" && r.Params != nil {
		c.add(path+".params", "params beside unset", "one of the two", "remove one")
	}
	if r.Unset == "" && r.Params == nil && slices.Contains(kinds, string(r.Kind)) {
		c.add(path+".params", "nothing", "params, or unset with the reason", "add one of the two; {} when the kind takes none")
	}
	if r.Params != nil {
		c.params(path+".params", r.Params)
	}
}

// params asks the parameters themselves what is wrong with them.
func (c *packCheck) params(path string, p program.Params) {
	if checker, ok := p.(interface{ Check() error }); ok {
		if err := checker.Check(); err != nil {
			if wrong := (*program.KeyError)(nil); errors.As(err, &wrong) {
				path += "." + wrong.Key
			}
			c.add(path, "values that do not work ("+err.Error()+")", "", "correct them")
		}
	}
}

func (c *packCheck) want(path, value string) {
	if value == "" {
		c.add(path, "nothing", "a value", "add it")
	}
}

func (c *packCheck) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(path, strconv.Quote(value), "one of: "+strings.Join(allowed, ", "), "choose one")
	}
}
