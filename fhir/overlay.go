package fhir

import (
	"slices"
	"strings"
)

// Overlay lays the elements of over on r and gives the result: what over does
// not have stays. Lists of identifier, telecom, name, address and extension are
// laid entry by entry: an entry replaces those of the same use (the same system
// and value, the same url), and those that state no use; one that states none
// replaces them all. period and hospitalization are laid member by member.
// Everything else is replaced whole.
//
// clear names elements to remove: "birthDate", "period.end", or the entries of
// one use, "telecom.use=home". once names elements of over that are left out.
// meta keeps what it has; security labels of both are kept.
func (r *Resource) Overlay(over *Resource, remove, once []string) (*Resource, Issues) {
	o := Object{}
	for name, n := range r.Root().Members() {
		o.members = append(o.members, property{name, n})
	}
	for _, path := range remove {
		o = o.without(path)
	}
	for name, n := range over.Root().Members() {
		if name != "resourceType" && name != "id" && !slices.Contains(once, name) {
			o = o.With(name, laid(name, o.Get(name), n))
		}
	}
	return o.Resource()
}

// without removes what a path names.
func (o Object) without(path string) Object {
	name, rest, deeper := strings.Cut(path, ".")
	n, _ := o.Get(name).(*Node)
	use, byUse := strings.CutPrefix(rest, "use=")
	switch {
	case !deeper || n == nil:
		return o.With(name, nil)
	case byUse:
		return o.With(name, entriesWithout(name, n, []string{use}))
	}
	var kept Object
	for key, m := range n.Members() {
		if key != rest {
			kept = kept.With(key, m)
		}
	}
	return o.With(name, kept)
}

// laid is one element of the result.
func laid(name string, old any, n *Node) any {
	switch name {
	case "identifier", "telecom", "name", "address", "extension":
		return laidEntries(name, old, n)
	case "period", "hospitalization":
		return laidMembers(old, n)
	case "meta":
		return laidMeta(old, n)
	}
	return n
}

// laidEntries keeps the old entries that no new one stands for.
func laidEntries(name string, old any, n *Node) any {
	if n.Kind() != KindArray {
		return n
	}
	uses := []string{""}
	for _, item := range n.Items() {
		use := entryOf(name, item)
		if use == "" {
			return n
		}
		uses = append(uses, use)
	}
	var list List
	switch old := old.(type) {
	case *Node:
		list = entriesWithout(name, old, uses)
	case List:
		for _, item := range old {
			if e, ok := item.(*Node); ok && !slices.Contains(uses, entryOf(name, e)) {
				list = append(list, e)
			}
		}
	}
	for _, item := range n.Items() {
		list = append(list, item)
	}
	return list
}

func entriesWithout(name string, n *Node, uses []string) List {
	var list List
	for _, item := range n.Items() {
		if !slices.Contains(uses, entryOf(name, item)) {
			list = append(list, item)
		}
	}
	return list
}

// entryOf says which entry of another list an entry stands for: an identifier
// by system and value, an extension by its url, the others by their use.
func entryOf(element string, n *Node) string {
	switch element {
	case "identifier":
		return n.Get("system").Text() + "|" + n.Get("value").Text()
	case "extension":
		return n.Get("url").Text()
	}
	return n.Get("use").Text()
}

func laidMembers(old any, n *Node) any {
	o := Object{}
	if was, ok := old.(*Node); ok {
		for key, m := range was.Members() {
			o = o.With(key, m)
		}
	}
	if was, ok := old.(Object); ok {
		o = was
	}
	for key, m := range n.Members() {
		o = o.With(key, m)
	}
	return o
}

// laidMeta keeps the old labels beside the new ones.
func laidMeta(old any, n *Node) any {
	was, ok := old.(*Node)
	if !ok {
		return n
	}
	o, _ := laidMembers(old, n).(Object)
	var labels List
	seen := map[string]bool{}
	for _, item := range append(was.Get("security").Items(), n.Get("security").Items()...) {
		key := item.Get("system").Text() + "|" + item.Get("code").Text()
		if !seen[key] {
			labels = append(labels, item)
		}
		seen[key] = true
	}
	return o.With("security", labels)
}
