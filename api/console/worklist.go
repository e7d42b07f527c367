package console

import (
	"context"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Worklists say what waits for people of a partner.
type Worklists interface {
	// Worklist is what waits, the most pressing first. It names nobody.
	Worklist(ctx context.Context, p *gateway.Partner) ([]Work, error)
	// AuthReport is the yearly report on prior authorization of a payer.
	AuthReport(ctx context.Context, p gateway.PartnerID, year int) ([]byte, error)
}

// Work is one thing that waits for somebody.
type Work struct {
	What   string    `json:"what"` // request, expiring, finding, plan
	Record string    `json:"record"`
	Text   string    `json:"text"`
	On     string    `json:"on"` // whom it waits for
	Since  time.Time `json:"since,omitzero"`
	Due    time.Time `json:"due,omitzero"`
	State  string    `json:"state"`
	Next   string    `json:"next"`
	Link   string    `json:"-"` // page of the console; empty = none
}

// Late says whether its time has passed.
func (w Work) Late(now time.Time) bool { return !w.Due.IsZero() && w.Due.Before(now) }

// worklistPage is the list.
type worklistPage struct {
	Work  []Work
	Years []int // of the report on prior authorization

	Findings string // the list of those that are the visitor's to mend; empty = none are
	Late     int    // how many are past their time
}

func (c *Console) worklist(v *visit) (*answer, error) {
	list, err := c.Worklists.Worklist(v.ctx, v.partner)
	if err != nil {
		return nil, err
	}
	page := worklistPage{Work: list}
	for i := range list {
		if list[i].Late(c.Now()) {
			page.Late++
		}
	}
	if owner := FindingOwner(v.partner.Kind); owner != "" {
		page.Findings = FindingsOf(owner)
	}
	if v.partner.Kind == gateway.MCO {
		page.Years = []int{c.Now().Year(), c.Now().Year() - 1}
	}
	return &answer{View: "worklist", Title: "Worklist", Refresh: 60, Data: page}, nil
}

// authReport is the yearly report, a document of its own.
func (c *Console) authReport(v *visit) (*answer, error) {
	year, err := time.Parse("2006", v.r.PathValue("year"))
	if err != nil {
		return nil, notHere()
	}
	body, err := c.Worklists.AuthReport(v.ctx, v.partner.ID, year.Year())
	return &answer{Raw: body}, err
}
