package fhir

import "math"

// Equal says whether two JSON texts mean the same: members in any order,
// strings by what they read, numbers by how they are written (12.50 is not
// 12.5, as FHIR keeps precision). Texts that are not strict JSON equal nothing.
func Equal(a, b []byte) bool {
	unlimited := Limits{Bytes: math.MaxInt32, Depth: math.MaxInt32, Entries: math.MaxInt32}
	x, issue := parseJSON(a, unlimited)
	if issue != nil {
		return false
	}
	y, issue := parseJSON(b, unlimited)
	return issue == nil && sameNode(x, y)
}

func sameNode(a, b *Node) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case KindObject:
		return sameMembers(a, b)
	case KindArray:
		for x, y := a.first, b.first; x != nil; x, y = x.next, y.next {
			if !sameNode(x, y) {
				return false
			}
		}
		return true
	}
	return a.Text() == b.Text()
}

// sameMembers compares objects with the same number of members; names are
// unique, so each member of a has at most one partner in b.
func sameMembers(a, b *Node) bool {
	members := make(map[string]*Node, b.count)
	for name, m := range b.Members() {
		members[name] = m
	}
	for name, m := range a.Members() {
		other, ok := members[name]
		if !ok || !sameNode(m, other) {
			return false
		}
	}
	return true
}
