package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// need is one thing that waits for the visitor, most urgent first.
type need struct {
	Alarm             bool
	Count             int
	What, Owner, Next string
	One               string // What of a single thing; empty = the same words
	Href              string
}

// Words says what there is Count of.
func (n need) Words() string {
	if n.Count == 1 && n.One != "" {
		return n.One
	}
	return n.What
}

// homePage is what needs you now.
type homePage struct {
	Needs   []need
	Waiting []waiting
	Most    int
}

// waiting is a partner's share of what waits, for the chart.
type waiting struct {
	Partner       gateway.PartnerID
	Ready, Parked int
}

// home gathers what needs the visitor now.
func (c *Console) home(v *visit) (*answer, error) {
	out := homePage{}
	for _, f := range []func(*visit, *homePage) error{c.stoppedNeeds, c.heldNeeds, c.breakerNeeds, c.scheduleNeeds, c.findingNeeds, c.quarantineNeeds, c.waitingShares} {
		if err := f(v, &out); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Needs, func(a, b need) int {
		if a.Alarm == b.Alarm {
			return 0
		}
		return map[bool]int{true: -1, false: 1}[a.Alarm]
	})
	return &answer{View: "home", Title: "What needs you now", Data: out, Refresh: 60}, nil
}

// stoppedNeeds groups stopped lanes by partner and cause.
func (c *Console) stoppedNeeds(v *visit, out *homePage) error {
	list, next, err := c.Flows.Lanes(v.ctx, gateway.LaneFilter{Partner: v.own(""), State: gateway.LaneStopped}, gateway.Paging{Limit: 1000})
	if err != nil {
		return err
	}
	type group struct {
		partner gateway.PartnerID
		code    gateway.Code
	}
	at := map[group]int{}
	for i := range list {
		g := group{list[i].Partner, list[i].Code}
		if n, ok := at[g]; ok {
			out.Needs[n].Count++
			continue
		}
		cause := gateway.DeliveryCause(g.code)
		at[g] = len(out.Needs)
		out.Needs = append(out.Needs, need{Alarm: true, Count: 1, What: "lanes to " + string(g.partner) + " have stopped: " + cause.Words,
			One: "lane to " + string(g.partner) + " has stopped: " + cause.Words, Owner: string(cause.Owner), Next: cause.Next,
			Href: Path + "/held?partner=" + string(g.partner)})
	}
	if next != "" {
		out.Needs = append(out.Needs, need{Alarm: true, Count: len(list), What: "lanes and more have stopped", Owner: string(gateway.OfOperator), Next: "look at the lanes", Href: Path + "/lanes?state=stopped"})
	}
	return nil
}

func (c *Console) heldNeeds(v *visit, out *homePage) error {
	n, _, err := c.Flows.CountMessages(v.ctx, gateway.MessageFilter{Partner: v.own(""), State: gateway.Held})
	if err == nil && n > 0 {
		out.Needs = append(out.Needs, need{Alarm: true, Count: n, What: "messages are held: they could not be applied", One: "message is held: it could not be applied", Owner: string(gateway.OfOperator),
			Next: "look at their causes, then replay or discard", Href: Path + "/messages?state=held"})
	}
	return err
}

func (c *Console) breakerNeeds(v *visit, out *homePage) error {
	if !v.operator() {
		return nil
	}
	for id, state := range c.Desk.Breakers() {
		if state != "closed" {
			out.Needs = append(out.Needs, need{Count: 1, What: "partner does not answer: " + string(id) + " (breaker " + state + ")", Owner: string(gateway.OfPartner),
				Next: "nothing yet: it is tried again by itself; call the partner when it lasts", Href: Path + "/lanes?partner=" + string(id)})
		}
	}
	return nil
}

func (c *Console) scheduleNeeds(v *visit, out *homePage) error {
	if !overseers().Allows(v.partner.Kind) {
		return nil
	}
	list, err := c.Desk.Schedules(v.ctx)
	for _, s := range list {
		if s.State == "failed" {
			out.Needs = append(out.Needs, need{Alarm: true, Count: 1, What: "schedule failed: " + s.Name + " at " + s.Last, Owner: string(gateway.OfOperator), Next: s.Result, Href: Path + "/schedules"})
		}
	}
	return err
}

// findingNeeds counts the visitor's own findings that are past their day.
func (c *Console) findingNeeds(v *visit, out *homePage) error {
	owner := FindingOwner(v.partner.Kind)
	if owner == "" {
		return nil
	}
	const most = 1000
	list, next, err := c.Findings.Findings(v.ctx, v.finder(), gateway.FindingFilter{State: gateway.FindingOpen, Owner: owner, DueBy: c.today() - 1}, gateway.Paging{Limit: most})
	if err != nil || len(list) == 0 {
		return err
	}
	what := "findings whose next step is yours are overdue"
	if next != "" {
		what = "and more " + what
	}
	out.Needs = append(out.Needs, need{Alarm: true, Count: len(list), What: what, One: "finding whose next step is yours is overdue", Owner: owner, Next: "do what each asks for, or let it rest with a reason", Href: FindingsOf(owner) + "&due=overdue"})
	return nil
}

func (c *Console) quarantineNeeds(v *visit, out *homePage) error {
	list, err := c.Flows.Quarantined(v.ctx, v.own(""), 100)
	n := 0
	for _, q := range list {
		if c.Now().Sub(q.Received).Hours() < 7*24 {
			n++
		}
	}
	if n > 0 {
		out.Needs = append(out.Needs, need{Count: n, What: "messages came with a key of others within a week", One: "message came with a key of another within a week", Owner: string(gateway.OfPartner), Next: "ask the sender which of the two is right", Href: Path + "/quarantine"})
	}
	return err
}

// waitingShares is what waits, by partner.
func (c *Console) waitingShares(v *visit, out *homePage) error {
	counts, err := c.Flows.OpenDeliveries(v.ctx)
	for _, n := range counts {
		if own := v.own(n.Partner); own != n.Partner {
			continue
		}
		i := slices.IndexFunc(out.Waiting, func(w waiting) bool { return w.Partner == n.Partner })
		if i < 0 {
			i = len(out.Waiting)
			out.Waiting = append(out.Waiting, waiting{Partner: n.Partner})
		}
		if n.State == "parked" {
			out.Waiting[i].Parked += n.N
		} else {
			out.Waiting[i].Ready += n.N
		}
		out.Most = max(out.Most, out.Waiting[i].Ready+out.Waiting[i].Parked)
	}
	return err
}

// Bars is the chart of what waits.
func (h homePage) Bars() []bar {
	var out []bar
	for _, w := range h.Waiting {
		out = append(out, bar{string(w.Partner), []int{w.Ready, w.Parked}, strings.TrimSpace(fmt.Sprintf("%d waiting, %d held", w.Ready, w.Parked))})
	}
	return out
}
