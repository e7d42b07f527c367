package gateway

import "slices"

// DecisionCount counts what was decided in a program on applications and
// authorizations, each in the version in force, and what became of the appeals.
type DecisionCount struct {
	Program    string   `json:"program"`
	Approved   int64    `json:"approved"`
	InPart     int64    `json:"in_part"`
	Denied     int64    `json:"denied"`
	Notices    int64    `json:"adverse_notices"`
	Appeals    int64    `json:"appeals"` // to the plan, fair hearings and external reviews; all of what follows add up to it
	Open       int64    `json:"open"`
	Upheld     int64    `json:"upheld"`
	Overturned int64    `json:"overturned"`           // wholly or in part
	Withdrawn  int64    `json:"withdrawn"`            // or dismissed
	Suppressed []string `json:"suppressed,omitempty"` // names of numbers that are held back because so few children are behind them; they are 0 here
}

// DecisionNumber is one of the numbers by its group and name.
type DecisionNumber struct {
	Group, Name string // decisions, notices or appeals; "filed" are all appeals
	N           *int64
}

// Numbers are all numbers, in order.
func (d *DecisionCount) Numbers() []DecisionNumber {
	return []DecisionNumber{{"decisions", "approved", &d.Approved}, {"decisions", "in-part", &d.InPart}, {"decisions", "denied", &d.Denied},
		{"notices", "adverse-notices", &d.Notices}, {"appeals", "open", &d.Open}, {"appeals", "upheld", &d.Upheld}, {"appeals", "overturned", &d.Overturned},
		{"appeals", "withdrawn", &d.Withdrawn}, {"appeals", "filed", &d.Appeals}}
}

// Any says whether anything is counted or held back.
func (d *DecisionCount) Any() bool {
	return len(d.Suppressed) > 0 || slices.ContainsFunc(d.Numbers(), func(n DecisionNumber) bool { return *n.N != 0 })
}

// Held says whether a number is held back.
func (d *DecisionCount) Held(name string) bool { return slices.Contains(d.Suppressed, name) }

// Hold holds a number back.
func (d *DecisionCount) Hold(name string) {
	for _, n := range d.Numbers() {
		if n.Name == name {
			*n.N = 0
			d.Suppressed = append(d.Suppressed, name)
		}
	}
}
