// Package codes holds the code tables of the mappings as data: what a partner
// may write in a coded field, what it means, and which code system says so. It
// knows nothing of records, messages or FHIR resources.
package codes

import (
	"maps"
	"slices"
	"strings"
)

// Code is one allowed value of a table.
type Code struct {
	Code    string
	Display string
	System  string   // code system, when it differs from the table's
	FHIR    string   // code in that system, when it differs from Code
	Also    []string // other spellings that are read as this code
}

// Table is a closed list of codes.
type Table struct {
	Name   string
	System string // code system of the codes in FHIR
	Source string // who says so: URL, standards.md section, or "own"
	Shown  bool   // the displays are those of the code system, and go into FHIR
	Codes  []Code
}

// Find looks a value up by its code or another spelling, ignoring case.
func (t *Table) Find(value string) (Code, bool) {
	for _, c := range t.Codes {
		if strings.EqualFold(c.Code, value) {
			return c, true
		}
		for _, also := range c.Also {
			if strings.EqualFold(also, value) {
				return c, true
			}
		}
	}
	return Code{}, false
}

// Reverse finds the code that is written as value in FHIR.
func (t *Table) Reverse(value string) (Code, bool) {
	for _, c := range t.Codes {
		if c.InFHIR() == value {
			return c, true
		}
	}
	return Code{}, false
}

// InFHIR is the code as FHIR writes it.
func (c Code) InFHIR() string {
	if c.FHIR != "" {
		return c.FHIR
	}
	return c.Code
}

// SystemOf is the code system of a code of the table.
func (t *Table) SystemOf(c Code) string {
	if c.System != "" {
		return c.System
	}
	return t.System
}

// Display is the display of a code as FHIR may carry it: the code system's own
// words, none where ours only explain.
func (t *Table) Display(c Code) string {
	if t.Shown || strings.HasPrefix(t.SystemOf(c), Local) {
		return c.Display
	}
	return ""
}

// Words lists the codes, in table order.
func (t *Table) Words() []string {
	words := make([]string, len(t.Codes))
	for i, c := range t.Codes {
		words[i] = c.Code
	}
	return words
}

// Allowed names the codes for a person: "one of draft, active, completed".
func (t *Table) Allowed() string { return "one of " + strings.Join(t.Words(), ", ") }

// Get is the table of that name; nil when there is none.
func Get(name string) *Table { return tables()[name] }

// Names are the names of all tables, sorted.
func Names() []string { return slices.Sorted(maps.Keys(tables())) }

// Local is the base of the code systems that are our own.
const Local = "http://throughline.example/fhir/CodeSystem/"
