package console

import (
	"time"

	"github.com/throughline/throughline/gateway"
)

// partnersPage is who we talk to, and whether they answer.
type partnersPage struct {
	Partners []partnerRow
	Tested   string // the partner whose wires were just tried
	Checks   []gateway.TestStep
}

type partnerRow struct {
	ID, Name, Kind, Wire, Breaker string
	Waiting, Parked               int
	Seen                          time.Time
	SeenKind                      string
}

func (c *Console) partners(v *visit) (*answer, error) { return c.partnerList(v, partnersPage{}) }

func (c *Console) partnerList(v *visit, out partnersPage) (*answer, error) {
	counts, err := c.Flows.OpenDeliveries(v.ctx)
	if err != nil {
		return nil, err
	}
	breakers := c.Desk.Breakers()
	for _, p := range c.Desk.Partners(v.ctx) {
		row := partnerRow{ID: string(p.ID), Name: p.Name, Kind: string(p.Kind), Breaker: breakers[p.ID]}
		if p.Deliver != nil {
			row.Wire = p.Deliver.Wire
		}
		for _, n := range counts {
			switch {
			case n.Partner != p.ID:
			case n.State == "parked":
				row.Parked = n.N
			default:
				row.Waiting = n.N
			}
		}
		seen, err := c.Flows.LastSeen(v.ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if seen != nil {
			row.Seen, row.SeenKind = seen.Received, string(seen.Kind)
		}
		out.Partners = append(out.Partners, row)
	}
	return &answer{View: "partners", Title: "Partners", Data: out}, nil
}

// selfTest tries a partner's wires and shows what came of it.
func (c *Console) selfTest(v *visit) (*answer, error) {
	id := gateway.PartnerID(v.r.PathValue("id"))
	if _, ok := c.Partner(id); !ok {
		return nil, notHere()
	}
	checks, err := c.Desk.SelfTest(v.ctx, id)
	if err != nil {
		return nil, err
	}
	return c.partnerList(v, partnersPage{Tested: string(id), Checks: checks})
}
