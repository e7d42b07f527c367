package record

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// Words translates a partner's own code of a column to ours; nil translates
// nothing (gateway.Format.Codes).
type Words map[string]map[string]string

// Decode reads a node as a record of the kind. Every breach is reported, each
// with its path; the record is nil when one of them is an error.
func Decode(name string, n *Node, words Words) (Record, fhir.Issues) {
	s := SchemaOf(name)
	rec := reflect.New(s.typ)
	d := decoder{words: words}
	d.object("", s, n, rec.Elem())
	r := rec.Interface().(Record)
	if !d.issues.Errors() {
		d.check(r, n)
	}
	if d.issues.Errors() {
		return nil, d.issues
	}
	return r, d.issues
}

type decoder struct {
	words  Words
	issues fhir.Issues
}

// check fills the record in, runs the rules between fields, and finds the places of their issues.
func (d *decoder) check(r Record, n *Node) {
	r.Fill()
	for _, i := range r.Check() {
		if i.Where == "" {
			i.Where = whereOf(n, i.Path)
		}
		d.issues = append(d.issues, i)
	}
}

// whereOf follows a path like goals[1].due to the node it names, and gives the
// place of the nearest node that has one.
func whereOf(n *Node, path string) string {
	where := n.Where()
	for step := range strings.SplitSeq(path, ".") {
		name, index, listed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if n = n.Get(name); n == nil {
			return where
		}
		if at, err := strconv.Atoi(index); listed && err == nil && at < len(n.Items) {
			n = n.Items[at]
		}
		if n.Row != 0 {
			where = n.Where()
		}
	}
	return where
}

func (d *decoder) add(code, path string, n *Node, found, allowed, fix string) {
	d.issues = append(d.issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix, Where: n.Where()})
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// object fills a struct from an object's members.
func (d *decoder) object(path string, s *Schema, n *Node, into reflect.Value) {
	if n.Form != Object {
		d.add(fhir.CodeStructure, path, n, n.Form.String(), "an object", "put the fields between { and }")
		return
	}
	for _, m := range n.Members {
		f := s.Field(m.Name)
		if f == nil {
			d.unknown(path, s, m)
			continue
		}
		d.field(join(path, f.Name), f, m.Node, into.FieldByIndex(f.index))
	}
	for _, f := range s.Fields {
		value := n.Get(f.Name)
		if f.Need && value.empty() {
			at := value
			if at == nil {
				at = n
			}
			d.add(fhir.CodeRequired, join(path, f.Name), at, "nothing", says(f), "add "+strconv.Quote(f.Name))
		}
	}
}

// unknown reports a member that the record does not have.
func (d *decoder) unknown(path string, s *Schema, m Entry) {
	if s.Name != "" && m.Name == "record" {
		return
	}
	fix := "remove it; the fields are " + strings.Join(s.Names(), ", ")
	near := codes.Nearest(m.Name, s.Names())
	if near != "" {
		fix = "use " + strconv.Quote(near)
	}
	d.add(fhir.CodeStructure, join(path, clip(m.Name)), m.Node, "a field that "+article(s.Name)+" does not have", "the fields of docs/mappings", fix)
}

func article(name string) string {
	if name == "" {
		return "this entry"
	}
	return "the record " + name
}

// field reads one value into its place; an empty one leaves the zero value.
func (d *decoder) field(path string, f *Field, n *Node, into reflect.Value) {
	if n.empty() {
		return
	}
	switch f.Shape {
	case One:
		into.Set(reflect.New(f.Elem.typ))
		d.object(path, f.Elem, n, into.Elem())
	case Many:
		d.list(path, f, n, into)
	case WordList, ModifierList:
		d.texts(path, f, n, into)
	default:
		d.plain(path, f, n, into)
	}
}

func (d *decoder) list(path string, f *Field, n *Node, into reflect.Value) {
	if n.Form != Array {
		d.add(fhir.CodeStructure, path, n, n.Form.String(), "a list of objects", "put the value between [ and ]")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		d.object(path+"["+strconv.Itoa(i)+"]", f.Elem, item, into.Index(i))
	}
}

func (d *decoder) texts(path string, f *Field, n *Node, into reflect.Value) {
	var list []string
	switch n.Form {
	case Cell, String:
		if f.Shape == ModifierList {
			list = ParseModifiers(n.Text)
		} else {
			list = splitIDs(n.Text)
		}
		d.coded(path, f, n, list)
	case Array:
		for i, item := range n.Items {
			if item.Form != String {
				d.add(fhir.CodeStructure, path+"["+strconv.Itoa(i)+"]", item, item.Form.String(), "a string", "put it in quotation marks")
				continue
			}
			if text := strings.TrimSpace(item.Text); text != "" {
				list = append(list, text)
			}
		}
		d.coded(path, f, n, list)
	default:
		d.add(fhir.CodeStructure, path, n, n.Form.String(), f.Shape.Says(), "send a list of strings")
	}
	if list != nil {
		into.Set(reflect.ValueOf(list).Convert(into.Type()))
	}
}

// coded turns the texts of a list into the codes of its table.
func (d *decoder) coded(path string, f *Field, n *Node, list []string) {
	for i, text := range list {
		if fix := setText(f, text, reflect.ValueOf(&list[i]).Elem()); fix != "" {
			d.add(fhir.CodeCodeInvalid, path+"["+strconv.Itoa(i)+"]", n, shown(f, text), says(f), fix)
		}
	}
}

// plain reads a text, number, flag, date or code.
func (d *decoder) plain(path string, f *Field, n *Node, into reflect.Value) {
	if want := jsonForm(f.Shape); n.Form != Cell && n.Form != want {
		d.add(fhir.CodeStructure, path, n, n.Form.String(), allows(want, f), "send "+want.String())
		return
	}
	text := strings.TrimSpace(n.Text)
	if theirs, ok := d.words[f.Column]; ok {
		if ours, ok := theirs[text]; ok {
			text = ours
		}
	}
	if text == "" {
		return
	}
	if fix := set(f, text, into); fix != "" {
		code := fhir.CodeValue
		if f.Table != nil {
			code = fhir.CodeCodeInvalid
		}
		d.add(code, path, n, shown(f, text), says(f), fix)
	}
}

// set parses text into a field; it returns how to mend it, or nothing.
func set(f *Field, text string, into reflect.Value) (fix string) {
	switch f.Shape {
	case Whole:
		n, err := ledger.ParseDecimal(text)
		whole, ok := n.Int()
		if err != nil || !ok {
			return "write digits only"
		}
		into.SetInt(whole)
	case Decimal:
		n, err := ledger.ParseDecimal(text)
		if err != nil {
			return "write the number with digits, as 12 or 2.5"
		}
		into.Set(reflect.ValueOf(n))
	case Flag:
		return setFlag(text, into)
	case Day:
		if day(text) == ledger.NoDay {
			return "write a real calendar date as YYYY-MM-DD"
		}
		into.SetString(text)
	case Moment:
		return setMoment(text, into)
	default:
		return setText(f, text, into)
	}
	return ""
}

func setFlag(text string, into reflect.Value) (fix string) {
	switch strings.ToLower(text) {
	case "true", "yes", "1", "y":
		into.SetBool(true)
	case "false", "no", "0", "n":
	default:
		return `write "true" or "false"`
	}
	return ""
}

func setMoment(text string, into reflect.Value) (fix string) {
	_, moment := time.Parse(time.RFC3339Nano, text)
	_, date := time.Parse(time.DateOnly, text)
	if moment != nil && date != nil || strings.Contains(text, ",") || strings.HasPrefix(text, "0000") {
		return "add seconds and zone, as 2026-03-02T15:04:05-05:00"
	}
	into.SetString(text)
	return ""
}

func setText(f *Field, text string, into reflect.Value) (fix string) {
	if f.Table == nil {
		into.SetString(text)
		return ""
	}
	code, ok := f.Table.Find(text)
	if !ok && f.Open {
		into.SetString(text)
		return ""
	}
	if !ok {
		if near := codes.Nearest(text, f.Table.Words()); near != "" {
			return "use " + strconv.Quote(near)
		}
		return "use one of the allowed codes, or have your code mapped in the partner's format"
	}
	into.SetString(code.Code)
	return ""
}

func jsonForm(s Shape) Form {
	switch s {
	case Whole, Decimal:
		return Number
	case Flag:
		return Bool
	}
	return String
}

// allows is the JSON form of a field, with what it may say.
func allows(want Form, f *Field) string {
	if f.Table == nil && f.Shape == Text {
		return want.String()
	}
	return want.String() + ": " + says(f)
}

// says is what a field allows, in words.
func says(f *Field) string {
	if f.Table != nil {
		return f.Table.Allowed()
	}
	return f.Shape.Says()
}

// shown is a value as an issue may repeat it: codes, numbers and dates of
// services; anything that tells about a person is described.
func shown(f *Field, text string) string {
	coded := f.Table != nil || f.Shape != Text
	if f.Personal || !coded || len(text) > 32 {
		return fmt.Sprintf("text of %d characters", utf8.RuneCountInString(text))
	}
	return strconv.Quote(text)
}

func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most]
	}
	return s
}
