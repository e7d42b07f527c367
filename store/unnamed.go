package store

import (
	"slices"

	"github.com/throughline/throughline/gateway"
)

// givenIDs are the ids of the message's resources that came with none, by what
// stands for them (gateway.Unnamed); nil when there are none.
func (a *applying) givenIDs() map[string]string {
	var ids map[string]string
	for i := range a.plans {
		if p := &a.plans[i]; p.Unnamed != "" {
			if ids == nil {
				ids = map[string]string{}
			}
			ids[p.Unnamed] = p.id
		}
	}
	return ids
}

// nameFacts puts the given ids into facts, which are the caller's own slices.
func (a *applying) nameFacts(f *gateway.Facts) {
	ids := a.givenIDs()
	if ids == nil {
		return
	}
	for i := range f.Lines {
		l := &f.Lines[i].Line
		l.ID, l.ClaimID, l.Replaces = gateway.Named(l.ID, ids), gateway.Named(l.ClaimID, ids), gateway.Named(l.Replaces, ids)
	}
	for i := range f.Auths {
		f.Auths[i].Auth.ID = gateway.Named(f.Auths[i].Auth.ID, ids)
	}
	for i := range f.Plans {
		p := &f.Plans[i].Plan
		p.ID, p.Items = gateway.Named(p.ID, ids), slices.Clone(p.Items)
		for j := range p.Items {
			p.Items[j].ID = gateway.Named(p.Items[j].ID, ids)
		}
	}
}
