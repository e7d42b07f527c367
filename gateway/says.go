package gateway

import "slices"

// Says is true when all that a decision says on the newest submission stands
// already, whenever it was decided: to take it in would change nothing but a date.
func (a *Authorization) Says(d *Decision) bool {
	stands := func(items []AuthItem, find func(*AuthItem) bool, answer ItemAnswer) bool {
		return slices.ContainsFunc(items, func(i AuthItem) bool {
			s := i.Standing()
			return find(&i) && s != nil && s.content() == answer.content()
		})
	}
	for _, item := range d.Items {
		if !stands(a.Items, func(i *AuthItem) bool { return i.Sequence == item.Sequence }, item.ItemAnswer) {
			return false
		}
	}
	for _, item := range d.Added {
		if !stands(a.Added, func(i *AuthItem) bool { return i.Asked.Code.Code == item.Service.Code.Code }, item.ItemAnswer) {
			return false
		}
	}
	for _, ask := range d.Asks {
		if !slices.ContainsFunc(a.Asks, func(i InfoRequest) bool { return i.Type == ask.Type && i.Doc == ask.Doc }) {
			return false
		}
	}
	return len(d.Errors) == 0 && (d.Whole == nil || !slices.ContainsFunc(a.Items, func(i AuthItem) bool { s := i.Standing(); return s == nil || s.content() != d.Whole.content() }))
}
