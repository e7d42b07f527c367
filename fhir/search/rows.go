package search

// Rows are what one resource leaves in the search tables. Every list is sorted
// and without repeats, so equal resources give equal rows.
type Rows struct {
	Type    string // resource type
	ID      string // logical id, for _id; empty when the resource has none
	Updated int64  // meta.lastUpdated in Unix microseconds, for _lastUpdated; 0 when absent

	Tokens     []TokenRow
	Strings    []StringRow
	Dates      []DateRow
	Refs       []RefRow
	Quantities []QuantityRow
}

// TokenRow is one searchable code, identifier, contact, boolean or uri. System
// is empty for a value without one: a plain code, a boolean, a uri. Values are
// compared byte for byte, except that e-mail addresses are in lower case and
// telephone numbers without punctuation.
type TokenRow struct {
	Param, System, Value string
}

// StringRow is one searchable text. Value is folded (see Fold) and serves the
// default and :contains searches; Exact is the text as sent and serves :exact.
// The texts of a token (CodeableConcept.text, Coding.display) are here too,
// under the token's own name, for :text.
type StringRow struct {
	Param, Value, Exact string
}

// DateRow is the inclusive range a date stands for, in Unix microseconds at the
// precision it was written in: 2024-02 is the whole of February. A date without
// a zone is taken in UTC. An open end is MinTime or MaxTime.
type DateRow struct {
	Param  string
	Lo, Hi int64
}

// RefRow is one reference, in one of three forms:
//
//	Type, ID      a resource here: Patient/123
//	URL (+ Type)  an absolute reference, a urn, or a canonical, with and without |version;
//	              Type is told by the URL or by Reference.type, else empty
//	System, Value a logical reference, Reference.identifier; Type as above
//
// A Reference that has both a value and an identifier gives two rows.
type RefRow struct {
	Param, Type, ID, URL, System, Value string
}

// QuantityRow is a number or quantity as an inclusive range, in millionths
// (Scale). A plain value has Lo = Hi; a Range or SampledData spans its limits.
// Digits past the sixth decimal widen the row outwards. An open or huge end is
// MinTime or MaxTime. Code is the code of the unit or, when there is none, its text; both empty for a
// number. A quantity that has a code and another unit text gives two rows.
type QuantityRow struct {
	Param  string
	Lo, Hi int64
	System string
	Code   string
}
