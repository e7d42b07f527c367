package console

import (
	"context"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
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
	What   string     `json:"what"` // request, expiring, finding, plan
	Record string     `json:"record"`
	Text   string     `json:"text"`
	On     string     `json:"on"` // whom it waits for
	Since  time.Time  `json:"since,omitzero"`
	Due    time.Time  `json:"due,omitzero"`
	DueDay ledger.Day `json:"-"` // where the clock is a day's, not a moment's: it counts in days, like the list of findings
	State  string     `json:"state"`
	Next   string     `json:"next"`
	Link   string     `json:"-"` // page of the console; empty = none
}

// Late says whether its time has passed.
func (w Work) Late(now time.Time) bool { return !w.Due.IsZero() && w.Due.Before(now) }

// workRow is one thing with its clock.
type workRow struct {
	Work
	Days *dueDay // nil = the clock is a moment's
}

// dueDay is a day by which something is to be done.
type dueDay struct {
	Due  ledger.Day
	Late int64 // days since; 0 = not over
	Soon bool  // within a week
}

func dueOn(due, today ledger.Day) *dueDay {
	return &dueDay{Due: due, Late: int64(max(today-due, 0)), Soon: due >= today && due-today <= 7}
}

// worklistPage is the list.
type worklistPage struct {
	Work  []workRow
	Years []int // of the report on prior authorization

	Findings string // the list of those that are the visitor's to mend; empty = none are
	Late     int    // how many are past their time
}

func (c *Console) worklist(v *visit) (*answer, error) {
	list, err := c.Worklists.Worklist(v.ctx, v.partner)
	if err != nil {
		return nil, err
	}
	var page worklistPage
	for _, w := range list {
		row := workRow{Work: w}
		if w.DueDay != 0 {
			row.Days = dueOn(w.DueDay, c.today())
		}
		page.Work = append(page.Work, row)
		if w.Late(c.Now()) {
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
