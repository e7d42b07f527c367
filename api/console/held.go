package console

import (
	"github.com/throughline/throughline/gateway"
)

// heldPage is the deliveries that wait for a person.
type heldPage struct {
	Partner    string
	Deliveries []heldRow
	Older      string
	Partners   []string
}

type heldRow struct {
	gateway.DeliveryStatus
	Cause gateway.Cause
}

func (c *Console) held(v *visit) (*answer, error) {
	partner := query(v.r, "partner")
	list, next, err := c.Flows.ListDeliveries(v.ctx, gateway.DeliveryFilter{Partner: v.own(gateway.PartnerID(partner)), State: "parked"}, gateway.Paging{After: query(v.r, "after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	out := heldPage{Partner: partner, Older: older(v, next), Partners: c.partnerIDs(v)}
	for _, d := range list {
		out.Deliveries = append(out.Deliveries, heldRow{d, gateway.DeliveryCause(d.Code)})
	}
	return &answer{View: "held", Title: "Held deliveries", Data: out}, nil
}

// act redelivers or skips one delivery.
func (c *Console) act(v *visit) (*answer, error) {
	act := v.r.PathValue("act")
	if act != "redeliver" && act != "skip" && act != "hold" {
		return nil, notHere()
	}
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	back := Path + "/held"
	if p := v.r.PostForm.Get("partner"); p != "" {
		back = inside(Path + "/held?partner=" + p)
	}
	return &answer{Go: back}, c.Desk.Act(v.ctx, act, v.r.PathValue("id"), reason, v.session.Who)
}
