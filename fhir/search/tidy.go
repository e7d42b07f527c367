package search

import (
	"cmp"
	"slices"
	"strings"
)

// tidy sorts every list and drops repeats. The comparisons stop at the first
// difference: this is a fifth of Extract.
func (r *Rows) tidy() {
	slices.SortFunc(r.Tokens, compareTokens)
	slices.SortFunc(r.Strings, compareStrings)
	slices.SortFunc(r.Dates, compareDates)
	slices.SortFunc(r.Refs, compareRefs)
	slices.SortFunc(r.Quantities, compareQuantities)
	r.Tokens = slices.Compact(r.Tokens)
	r.Strings = slices.Compact(r.Strings)
	r.Dates = slices.Compact(r.Dates)
	r.Refs = slices.Compact(r.Refs)
	r.Quantities = slices.Compact(r.Quantities)
}

func compareTokens(a, b TokenRow) int {
	if a.Param != b.Param {
		return strings.Compare(a.Param, b.Param)
	}
	if a.System != b.System {
		return strings.Compare(a.System, b.System)
	}
	return strings.Compare(a.Value, b.Value)
}

func compareStrings(a, b StringRow) int {
	if a.Param != b.Param {
		return strings.Compare(a.Param, b.Param)
	}
	if a.Value != b.Value {
		return strings.Compare(a.Value, b.Value)
	}
	return strings.Compare(a.Exact, b.Exact)
}

func compareDates(a, b DateRow) int {
	if a.Param != b.Param {
		return strings.Compare(a.Param, b.Param)
	}
	return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi))
}

func compareRefs(a, b RefRow) int {
	if a.Param != b.Param {
		return strings.Compare(a.Param, b.Param)
	}
	if a.Type != b.Type {
		return strings.Compare(a.Type, b.Type)
	}
	if a.ID != b.ID {
		return strings.Compare(a.ID, b.ID)
	}
	return cmp.Or(strings.Compare(a.URL, b.URL), strings.Compare(a.System, b.System), strings.Compare(a.Value, b.Value))
}

func compareQuantities(a, b QuantityRow) int {
	if a.Param != b.Param {
		return strings.Compare(a.Param, b.Param)
	}
	return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi),
		strings.Compare(a.System, b.System), strings.Compare(a.Code, b.Code))
}
