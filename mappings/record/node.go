package record

import "strconv"

// Form is what a Node holds.
type Form uint8

// The forms: those of JSON, and Cell, a text of a table that may be any of the
// plain ones.
const (
	Null Form = iota
	Object
	Array
	String
	Number
	Bool
	Cell
)

// String names the form as an issue does.
func (f Form) String() string {
	return [...]string{"null", "an object", "an array", "a string", "a number", "a boolean", "a cell"}[f]
}

// Node is one value as a door read it, before anybody asked what it means.
type Node struct {
	Form    Form
	Text    string // of a String, Number, Bool or Cell
	Members []Entry
	Items   []*Node
	Row     int    // of a table; 0 = not from a table
	Column  string // of a table, as its header names it
}

// Entry is one named value of an Object.
type Entry struct {
	Name string
	Node *Node
}

// Where is the place in a table, "row 12, column units"; empty for JSON.
func (n *Node) Where() string {
	switch {
	case n == nil || n.Row == 0:
		return ""
	case n.Column == "":
		return "row " + strconv.Itoa(n.Row)
	}
	return "row " + strconv.Itoa(n.Row) + ", column " + n.Column
}

// Get is the member of that name; nil when there is none.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		if m.Name == name {
			return m.Node
		}
	}
	return nil
}

// empty says that the value states nothing.
func (n *Node) empty() bool {
	return n == nil || n.Form == Null || (n.Form == String || n.Form == Cell) && n.Text == "" || n.Form == Array && len(n.Items) == 0
}
