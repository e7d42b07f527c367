package search

// Query is one search, understood and normalized. All Clauses must hold.
type Query struct {
	Type       string
	Clauses    []Clause // AND; in the order of their names, then as sent
	Count      int      // page size asked for, clamped; 0 with Summary "count"
	Sort       []SortKey
	Include    []Include
	RevInclude []Include
	Total      string // _total: "", none, estimate or accurate
	Summary    string // _summary: "" or count
	Page       string // _page: the cursor of a next link; opaque here
}

// Clause is one criterion. Exactly one of these forms:
//
//	Values             any of them satisfies it (Modifier "not": none of them, for any row)
//	Modifier Missing   Values[0].Missing says whether rows of Param must be absent; a
//	                   token has rows when it has tokens or texts
//	Chain, no Has      Param is a reference of the searched type; the resource it names,
//	                   of one of the Targets, must satisfy Chain
//	Chain and Has      a resource of type Has refers to the searched one by its reference
//	                   Param, and satisfies Chain (_has)
//
// A Chain has no Chain of its own. _id and _lastUpdated come as Clauses too:
// they are columns of the resource, see Param.Column.
type Clause struct {
	Param    Param
	Modifier Modifier
	Values   []Value
	Targets  []string
	Has      string
	Chain    *Clause
}

// Modifier changes what a Clause's values mean (http://hl7.org/fhir/R4/search.html#modifiers).
type Modifier string

// The modifiers. A resource type as modifier (subject:Patient) is not one of
// them: it is resolved into Value.Type or Clause.Targets.
const (
	Plain      Modifier = ""
	Not        Modifier = "not"        // token: no row has any of the values
	Text       Modifier = "text"       // token: a text of the code begins with the value
	Exact      Modifier = "exact"      // string: equal to StringRow.Exact
	Contains   Modifier = "contains"   // string: Value is part of StringRow.Value
	Missing    Modifier = "missing"    // all: whether there are rows at all
	Identifier Modifier = "identifier" // reference: logical reference, System and Code against RefRow.System and Value
	Below      Modifier = "below"      // uri: TokenRow.Value begins with the value
)

// Value is one alternative of a Clause, by the type of the Param:
//
//	token       AnySystem (no | was sent), else System ("" = without one); AnyCode, else Code
//	uri         Code
//	string      Text (folded; as sent for :exact)
//	date        Prefix, Lo, Hi in Unix microseconds
//	number      Prefix, Lo, Hi in millionths
//	quantity    the same, and AnySystem, System, AnyCode, Code for the unit
//	reference   Type ("" = any) and ID; or URL; or with :identifier as a token
//	_id         Code
//	:missing    Missing
//	:text       Text (folded)
type Value struct {
	Sent      string // the value in canonical form, escaped; what Values prints
	Prefix    Prefix
	Lo, Hi    int64
	AnySystem bool
	System    string
	AnyCode   bool
	Code      string
	Text      string
	Type, ID  string
	URL       string
	Missing   bool
}

// SortKey is one key of _sort: _id, _lastUpdated or a date parameter. Ascending
// sorts by the lowest Lo of a resource, descending by the highest Hi; resources
// without a value come last.
type SortKey struct {
	Param Param
	Desc  bool
}

// Include is one _include (Type is the searched type) or _revinclude (Type is
// the type that refers to it). Target restricts an _include; "" takes all.
type Include struct {
	Type   string
	Param  Param
	Target string
}

// Options are the caller's wishes for Parse.
type Options struct {
	Strict   bool   // Prefer: handling=strict: what we do not know is an error, not a warning
	MaxCount int    // the largest page; 0 = 1000
	Base     string // our own base URL: absolute references below it are read as relative
}

// DefaultCount is the page size when _count is absent and MaxCount is not less.
const DefaultCount = 50
