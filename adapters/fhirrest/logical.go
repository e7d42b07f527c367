package fhirrest

import "github.com/throughline/throughline/fhir"

// logical turns references that mean nothing to the receiver into logical ones
// (http://hl7.org/fhir/R4/references.html#logical): the identifier they carry
// already, or the one that we give the resource.
func logical(r *fhir.Resource, unknown func(string) bool) *fhir.Resource {
	found := false
	for _, ref := range r.References() {
		found = found || unknown(ref.Value)
	}
	if !found {
		return r
	}
	out, _ := identify(r.Root(), unknown).(fhir.Object).Resource() // it was JSON before
	return out
}

// identify rewrites one value and all inside it.
func identify(n *fhir.Node, unknown func(string) bool) any {
	switch n.Kind() {
	case fhir.KindArray:
		list := fhir.List{}
		for _, v := range n.Items() {
			list = append(list, identify(v, unknown))
		}
		return list
	case fhir.KindObject:
		o := fhir.Object{}
		for name, v := range n.Members() {
			o = o.With(name, identify(v, unknown))
		}
		ref := n.Get("reference").Text()
		if ref == "" || !unknown(ref) {
			return o
		}
		if o = o.With("reference", "").With("type", fhir.Ref(ref).Type()); n.Get("identifier") == nil {
			o = o.With("identifier", fhir.Obj("system", ResourceSystem, "value", ref))
		}
		return o
	}
	return n
}
