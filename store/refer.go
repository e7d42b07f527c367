package store

import (
	"context"
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// referred bounds what is read beside one delivery.
const referred = 200

// Refer fills in what a delivery's resources refer to, and what those refer to,
// as far as the caller may see it: their current versions.
func (s *Store) Refer(ctx context.Context, d *gateway.Delivery, c gateway.Caller) error {
	return s.inTx(ctx, func(t *tx) error {
		d.Context = nil
		have := map[fhir.Ref]bool{}
		for _, r := range d.Resources {
			if r != nil {
				have[fhir.NewRef(r.Type, r.ID)] = true
			}
		}
		next := d.Resources
		for range 2 {
			var items []gateway.Item
			for _, r := range next {
				items = append(items, mentioned(r, have)...)
			}
			next = nil
			items = items[:min(len(items), referred-len(d.Context))]
			for chunk := range slices.Chunk(items, 100) {
				if err := currentRows(ctx, t, c, chunk, func(r resourceRow) {
					if r.json != nil {
						next = append(next, &fhir.Resource{Type: r.typ, ID: r.id, JSON: r.json})
					}
				}); err != nil {
					return err
				}
			}
			d.Context = append(d.Context, next...)
		}
		return nil
	})
}

// mentioned are the resources that r refers to and that were not met before.
func mentioned(r *fhir.Resource, have map[fhir.Ref]bool) []gateway.Item {
	if r == nil {
		return nil
	}
	var out []gateway.Item
	for _, ref := range r.References() {
		typ, id, _, absolute := fhir.ParseRef(ref.Value)
		if typ == "" || absolute || have[fhir.NewRef(typ, id)] {
			continue
		}
		have[fhir.NewRef(typ, id)] = true
		out = append(out, gateway.Item{Type: typ, ID: id})
	}
	return out
}
