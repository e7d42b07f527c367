package access

import (
	"slices"

	"github.com/throughline/throughline/gateway"
)

// Rule says who may use a route. The zero Rule lets nobody in.
type Rule struct {
	Open  bool                  // no token is asked for
	Kinds []gateway.PartnerKind // kinds of partner that may
}

// Set says whether somebody thought about the route at all.
func (r Rule) Set() bool { return r.Open || len(r.Kinds) > 0 }

// Allows says whether a partner of this kind may use the route.
func (r Rule) Allows(kind gateway.PartnerKind) bool {
	return r.Open || slices.Contains(r.Kinds, kind)
}

// Open is the rule of routes that show nothing but the server itself.
func Open() Rule { return Rule{Open: true} }

// Anyone is every partner, operators too: routes that show the caller's own
// messages, or no records at all.
func Anyone() Rule {
	return Rule{Kinds: []gateway.PartnerKind{gateway.Clinic, gateway.EHR, gateway.MCO, gateway.StateAgency, gateway.Agency, gateway.Operator}}
}

// Care is every partner that has a part in a child's care. Operators run the
// gateway and have none: the minimum necessary standard, 45 CFR 164.502(b).
func Care() Rule {
	return Rule{Kinds: []gateway.PartnerKind{gateway.Clinic, gateway.EHR, gateway.MCO, gateway.StateAgency, gateway.Agency}}
}
