package search

import (
	"cmp"
	"slices"
	"sync"
)

// Type is the type of a parameter (http://hl7.org/fhir/search-param-type).
type Type string

// The parameter types we support: all of R4 but composite and special.
const (
	Token     Type = "token"
	String    Type = "string"
	Date      Type = "date"
	Reference Type = "reference"
	URI       Type = "uri"
	Number    Type = "number"
	Quantity  Type = "quantity"
)

// Param is one search parameter of one resource type.
type Param struct {
	Name       string
	Type       Type
	Paths      []string // dotted elements below the resource; [name=value] keeps only members that say so
	Targets    []string // reference: types it may name; none = any
	Definition string   // canonical URL of the official SearchParameter
	System     string   // token: the code system a plain code implies; "system|code" may name it
	Personal   bool     // values name or find a person: issues never repeat them

	only     bool // keep only references to a Target: where(resolve() is Patient)
	contact  bool // values are e-mail addresses and telephone numbers
	deceased bool // Patient.deceased: a boolean made of a boolean or a date
}

// Column is the column of the resource the parameter is answered from, "id" or
// "last_updated"; "" for all that are answered from rows.
func (p Param) Column() string {
	switch p.Name {
	case "_id":
		return "id"
	case "_lastUpdated":
		return "last_updated"
	}
	return ""
}

// official is where HL7 publishes its SearchParameters.
const official = "http://hl7.org/fhir/SearchParameter/"

// For lists the parameters of a resource type, sorted by name; none for a type
// R4 does not have. The list is shared and must not be changed.
func For(resourceType string) []Param { return tables().byType[resourceType] }

// Find looks one parameter up.
func Find(resourceType, name string) (Param, bool) {
	list := For(resourceType)
	i, ok := slices.BinarySearchFunc(list, name, func(p Param, name string) int { return cmp.Compare(p.Name, name) })
	if !ok {
		return Param{}, false
	}
	return list[i], true
}

// catalogue is the parameter tables, completed and sorted.
type catalogue struct {
	byType map[string][]Param
}

var tables = sync.OnceValue(newCatalogue)
