package tofhir

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
)

// Facts are the ledger's rows of a record, without its resources: for tables
// too large to become resources row by row.
func Facts(r record.Record, p *gateway.Partner) gateway.Facts {
	k := &maker{partner: p, out: &gateway.Mapped{}, member: gateway.Identifier{System: MemberSystem(p), Value: r.About().MemberID}}
	switch r := r.(type) {
	case *record.Service:
		k.serviceFact(r)
	case *record.Authorization:
		k.authFacts(r)
	case *record.Enrollment:
		k.spanFact(r)
	case *record.Claim:
		for i := range r.Lines {
			k.serviceFact(&r.Lines[i].Service)
		}
	case *record.Termination:
		k.endFact(r)
	}
	return k.out.Facts
}
