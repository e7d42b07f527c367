package gateway

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// owner says whose word about an element counts when both sides changed it.
type owner uint8

const (
	shared  owner = iota // nobody's: a person decides
	ours                 // the sender here
	theirs               // the receiver
	added                // a list to which both may add
	derived              // made by each side for itself
)

// owners are the elements of which one side is the author, whatever the type;
// ownersOf adds those of a type. A Task's progress is the target's, what it asks
// is the requester's (standards digest 1.3). Everything else is shared.
var owners = map[string]owner{
	"resourceType": derived, "id": theirs, "meta": ours, "text": derived, "implicitRules": ours, "language": ours,
	"identifier": added, "note": added,
}

var ownersOf = map[string]map[string]owner{
	"Task": {
		"status": theirs, "statusReason": theirs, "businessStatus": theirs, "output": theirs, "executionPeriod": theirs, "lastModified": theirs,
		"intent": ours, "code": ours, "focus": ours, "for": ours, "basedOn": ours, "partOf": ours, "authoredOn": ours, "requester": ours, "owner": ours, "restriction": ours, "input": ours,
	},
	"ServiceRequest": {
		"status": ours, "intent": ours, "code": ours, "subject": ours, "basedOn": ours, "replaces": ours, "authoredOn": ours, "requester": ours, "orderDetail": ours, "reasonCode": ours,
	},
}

func ownerOf(typ, element string) owner {
	if o, ok := ownersOf[typ][element]; ok {
		return o
	}
	return owners[element]
}

// ThreeWay joins three texts of one resource: base, from which both sides started,
// what is to be sent, and what the receiver has. Pure. An element that one side
// alone changed is that side's; one that both changed differently goes by its
// owner, else it is a clash, and then nothing may be sent. A base of nil says
// that it is not known where the receiver started.
//
// keepOurs settles clashes in favour of what is to be sent: a person has seen
// the receiver's version and decided.
func ThreeWay(base, mine, other *fhir.Resource, keepOurs bool) (*fhir.Resource, []string) {
	m := merge{typ: mine.Type, keepOurs: keepOurs, status: [2]string{other.Get("status").Text(), mine.Get("status").Text()}}
	out := fhir.Object{}
	for _, name := range elementsOf(mine, other) {
		v := m.element(name, base.Get(name), mine.Get(name), other.Get(name), base != nil)
		if v != nil {
			out = out.With(name, v)
		}
	}
	if len(m.clashes) > 0 {
		return nil, m.clashes
	}
	r, _ := out.Resource()
	return r, nil
}

// elementsOf are the elements of both, in the order of the first.
func elementsOf(a, b *fhir.Resource) (out []string) {
	for _, r := range []*fhir.Resource{a, b} {
		for name := range r.Root().Members() {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

type merge struct {
	typ      string
	keepOurs bool
	status   [2]string // theirs, ours
	clashes  []string
}

// element gives the value to send, nil for none.
func (m *merge) element(name string, base, mine, other *fhir.Node, known bool) any {
	own := ownerOf(m.typ, strings.TrimPrefix(name, "_"))
	switch {
	case own == derived || same(mine, other), own == ours && m.keepOurs:
		return value(mine)
	case name == "id":
		return value(other)
	case name == "meta": // its labels are ours, its versions the server's own
		return value(mine)
	case known && same(base, other):
		return value(mine)
	case known && same(base, mine), !known && mine == nil:
		return value(other)
	case !known && other == nil:
		return value(mine)
	}
	switch own {
	case ours:
		return value(mine)
	case theirs:
		return m.progress(name, mine, other)
	case added:
		return union(mine, other)
	}
	if m.keepOurs {
		return value(mine)
	}
	m.clashes = append(m.clashes, name)
	return nil
}

// progress is the receiver's, but that the requester may end the referral from
// where the receiver has taken it (the cancel race: the status it has now decides).
func (m *merge) progress(name string, mine, other *fhir.Node) any {
	if m.typ == "Task" && (name == "status" || name == "statusReason") && slices.Contains([]string{"cancelled", "entered-in-error"}, m.status[1]) &&
		TaskMove(m.status[0], m.status[1], []Side{Requester}, false) == nil {
		return value(mine)
	}
	return value(other)
}

func same(a, b *fhir.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return fhir.Equal(a.Raw(), b.Raw())
}

func value(n *fhir.Node) any {
	if n == nil {
		return nil
	}
	return n
}

// union is theirs with what only ours has behind it.
func union(mine, other *fhir.Node) any {
	out := fhir.List{}
	for _, n := range append(other.Items(), mine.Items()...) {
		if !slices.ContainsFunc(out, func(v any) bool { return same(v.(*fhir.Node), n) }) {
			out = append(out, n)
		}
	}
	return out
}
