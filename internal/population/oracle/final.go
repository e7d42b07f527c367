package oracle

import (
	"math/big"
	"slices"
)

// line is a claim line in its last received version.
type line struct {
	*record
	id, claim, member  string
	provider, code     string
	date, units, unit  string
	frequency          string
	replaces           string
	auth, visit, start string
	source             string
	mods               string

	quantity *big.Rat // in authorization units where something converts it
	row      *unitRow // what converted it
	usable   []*auth  // what could pay for it and takes its unit, in order
	cannot   string   // why it cannot be settled: invalid_line or unknown_unit
	refused  bool     // by the payer

	verdict string
	flags   []string
	matched int64
	splits  []Split
}

func lineOf(r *record) *line {
	c := r.cell
	l := &line{record: r, id: c["line_id"], claim: c["claim_id"], member: c["member_id"], provider: c["provider_id"], code: c["code"],
		date: c["service_date"], units: c["units"], unit: c["unit"], frequency: c["frequency"], replaces: c["replaces"],
		auth: c["authorization_id"], visit: c["visit_id"], start: c["start_time"], source: c["source"], mods: modifierSet(c["modifiers"])}
	if l.source == "" {
		l.source = "claim"
	}
	return l
}

// finalState walks every chain of each partner, across members, and lets the
// last row by (received time, id) decide.
func finalState(lines []*line) {
	byPartner := map[string][]*line{}
	for _, l := range lines {
		byPartner[l.partner] = append(byPartner[l.partner], l)
	}
	for _, own := range byPartner {
		chainsOf(own)
	}
}

func chainsOf(lines []*line) {
	byID, byClaim := map[string]*line{}, map[string][]*line{}
	for _, l := range lines {
		byID[l.id] = l
		byClaim[l.claim] = append(byClaim[l.claim], l)
	}
	joined := map[*line][]*line{}
	unknown := map[*line]bool{}
	for _, l := range lines {
		var originals []*line
		if one := byID[l.replaces]; l.replaces != "" && one != nil {
			originals = []*line{one}
		} else if l.replaces != "" {
			originals = byClaim[l.replaces]
		}
		found := false
		for _, o := range originals {
			if o != l {
				joined[l], joined[o], found = append(joined[l], o), append(joined[o], l), true
			}
		}
		unknown[l] = !found && (l.replaces != "" || l.frequency == "7" || l.frequency == "8")
	}
	seen := map[*line]bool{}
	for _, l := range lines {
		if seen[l] {
			continue
		}
		chain := []*line{l}
		seen[l] = true
		for i := 0; i < len(chain); i++ {
			for _, next := range joined[chain[i]] {
				if !seen[next] {
					seen[next] = true
					chain = append(chain, next)
				}
			}
		}
		decide(chain, unknown)
	}
}

func decide(chain []*line, unknown map[*line]bool) {
	last := slices.MaxFunc(chain, func(a, b *line) int {
		if n := a.received.Compare(b.received); n != 0 {
			return n
		}
		if a.id < b.id {
			return -1
		}
		return 1
	})
	for _, l := range chain {
		switch {
		case unknown[l]:
			l.verdict = "unknown_original"
		case l.frequency == "8":
			l.verdict = "void"
		case l != last && last.frequency == "8":
			l.verdict = "voided"
		case l != last:
			l.verdict = "replaced"
		}
	}
}
