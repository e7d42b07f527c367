package console

import (
	"strconv"
	"time"

	"github.com/throughline/throughline/gateway"
)

// lanesPage is what waits for each partner and child.
type lanesPage struct {
	Lanes    []laneRow
	Partner  string
	State    string
	Older    string
	Partners []string
	All      bool
}

// laneRow is a lane with its cause in words.
type laneRow struct {
	gateway.LaneStatus
	Why     *gateway.Cause
	Breaker string
}

func (c *Console) lanes(v *visit) (*answer, error) {
	partner, state := query(v.r, "partner"), query(v.r, "state")
	list, next, err := c.Flows.Lanes(v.ctx, gateway.LaneFilter{Partner: v.own(gateway.PartnerID(partner)), State: gateway.LaneState(state)}, gateway.Paging{After: query(v.r, "after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	out := lanesPage{Partner: partner, State: state, Older: older(v, next), Partners: c.partnerIDs(v), All: v.operator()}
	for _, l := range list {
		out.Lanes = append(out.Lanes, c.laneRow(l))
	}
	return &answer{View: "lanes", Title: "Lanes", Data: out, Refresh: 30}, nil
}

func (c *Console) laneRow(l gateway.LaneStatus) laneRow {
	row := laneRow{LaneStatus: l, Breaker: c.Desk.Breakers()[l.Partner]}
	if cause, wrong := l.Cause(); wrong {
		row.Why = &cause
	}
	return row
}

// lanePage is one lane: its deliveries and the ladder of its tries.
type lanePage struct {
	laneRow
	Gone       bool // nothing waits any more
	Deliveries []gateway.DeliveryStatus
	Ladder     []rung
	GiveUp     time.Time
}

type rung struct {
	gateway.Rung
	Here, Past bool
}

func (c *Console) lane(v *visit) (*answer, error) {
	l := gateway.Lane{Partner: gateway.PartnerID(v.r.PathValue("partner")), Subject: v.r.PathValue("subject")}
	if v.own(l.Partner) != l.Partner {
		return nil, notHere()
	}
	list, _, err := c.Flows.Lanes(v.ctx, gateway.LaneFilter{Partner: l.Partner, Subject: l.Subject}, gateway.Paging{Limit: 1})
	if err != nil {
		return nil, err
	}
	out := lanePage{laneRow: laneRow{LaneStatus: gateway.LaneStatus{Lane: l}}, Gone: len(list) == 0}
	if !out.Gone {
		out.laneRow, out.GiveUp = c.laneRow(list[0]), list[0].GivesUp()
	}
	if out.Deliveries, _, err = c.Flows.ListDeliveries(v.ctx, gateway.DeliveryFilter{Partner: l.Partner, Subject: l.Subject}, gateway.Paging{Limit: 200}); err != nil {
		return nil, err
	}
	if len(out.Deliveries) == 0 {
		return nil, notHere()
	}
	ladder := gateway.Ladder()
	for i, r := range ladder {
		here := out.State == gateway.LaneRetry && (r.Try == out.Attempts || i == len(ladder)-1 && out.Attempts > r.Try)
		out.Ladder = append(out.Ladder, rung{r, here, r.Try < out.Attempts && !here})
	}
	return &answer{View: "lane", Title: "Lane to " + string(l.Partner), Data: out, Refresh: 30}, nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// counted is "1 record" or "2 records".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + one + "s"
}
