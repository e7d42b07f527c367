package oracle

import "maps"

// pool is what an authorization and those that an open appeal keeps alive in its
// place have given together.
type pool struct {
	spent int64
	gifts []gift
}

type gift struct {
	date  string
	units int64
}

// continueAuths makes an authorization of every continuation in force: its dates
// and status are its own, all else is that of the authorization as it stood on the
// day before the decision that is appealed. Where nothing was known to go on, or
// it was another child's, or it paid for nothing, it has no code and gives nothing.
func continueAuths(rows, versions []*record) (out []*record) {
	for _, r := range rows {
		cell := maps.Clone(r.cell)
		cell["authorization_id"], cell["units"] = r.cell["authorization_id"]+"/continued/"+r.cell["appeal_id"], "0"
		cell["continues"] = r.cell["authorization_id"]
		for _, old := range newest(versions, key("partner", "authorization_id")) {
			c := old.cell
			pays := c["status"] == "approved" || c["status"] == "partial"
			if old.partner != r.partner || c["authorization_id"] != r.cell["authorization_id"] || c["member_id"] != r.cell["member_id"] || !pays {
				continue
			}
			for _, name := range []string{"provider_id", "code", "modifiers", "unit", "units", "cap_period", "cap_units", "program", "payer"} {
				cell[name] = c[name]
			}
		}
		out = append(out, &record{cell: cell, partner: r.partner, arrival: r.arrival, received: r.received})
	}
	return out
}

// pools ties continuations to what they continue.
func (c *child) pools() {
	for _, k := range c.auths {
		if k.continues == "" || !k.approved {
			continue
		}
		for _, a := range c.auths {
			if a.partner == k.partner && (a.id == k.continues || a.continues == k.continues) && a.pool != nil {
				k.pool = a.pool
			}
		}
		if k.pool == nil {
			k.pool = &pool{}
		}
		for _, a := range c.auths {
			if a.partner == k.partner && a.id == k.continues {
				a.pool = k.pool
			}
		}
	}
}

// left is what the authorization can still give, but for its cap: a continuation
// gives up to the old level, together with all others of its pool.
func (a *auth) left() int64 {
	if a.continues != "" {
		return max(a.units-a.pool.spent, 0)
	}
	return max(a.units-a.used, 0)
}

// givenIn is what counts against the cap in the window of a date.
func (a *auth) givenIn(window string) (sum int64) {
	if a.continues == "" {
		return a.window[window]
	}
	for _, g := range a.pool.gifts {
		if a.windowOf(g.date) == window {
			sum += g.units
		}
	}
	return sum
}
