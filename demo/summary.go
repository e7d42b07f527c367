package demo

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Summary is what there is to see after seeding, for the printed walk.
type Summary struct {
	Today    ledger.Day // the day the week is dated by
	Repeat   bool       // it was all there before
	Counts   Counts
	Examples []Example // one child of each clinic
	Failing  Failing
	Walk     Walk
}

// Example is a child with a live authorization that has units left.
type Example struct {
	Clinic        gateway.PartnerID
	Payer         gateway.PartnerID
	Member        string
	Authorization string
	Provider      string // NPI
	Code          string
	Modifiers     string
	Units, Left   int64
	Until         ledger.Day
}

// String words the example as the walk prints it.
func (e Example) String() string {
	return fmt.Sprintf("%s: member %s, authorization %s (%s %s): %d of %d units left until %s", e.Clinic, e.Member, e.Authorization, e.Code, e.Modifiers, e.Left, e.Units, e.Until)
}

// Failing is the partner whose deliveries are held, why, and how to make its
// simulated endpoint behave so: Partners.Behave(f.Partner, f.Behaviour).
type Failing struct {
	Partner   gateway.PartnerID
	Why       string
	Behaviour Behaviour
}

// failing is the partner that fails until a visitor mends it.
var failing = Failing{Partner: "ehr-b", Why: "its endpoint refuses every delivery with 422, so each child's first one is held with this cause and what follows waits behind it",
	Behaviour: Behaviour{Status: http.StatusUnprocessableEntity}}

func (w *week) summary(repeat bool) *Summary {
	return &Summary{Today: w.day, Repeat: repeat, Counts: w.counts, Examples: w.examples(), Failing: failing, Walk: w.walk()}
}

// examples are the showcase children among those that were seeded.
func (w *week) examples() []Example {
	var out []Example
	for _, c := range w.children {
		if c.showcase() {
			out = append(out, c.example())
		}
	}
	slices.SortFunc(out, func(a, b Example) int { return cmpText(a.Clinic, b.Clinic) })
	return out
}

// example is the child's therapy: its numbers are round by construction.
func (c *child) example() Example {
	a, item := c.auths[0], c.auths[0].Items[0]
	return Example{Clinic: gateway.PartnerID(c.clinic.id), Payer: gateway.PartnerID(c.payer), Member: c.member, Authorization: a.AuthID, Provider: a.Provider,
		Code: item.Code, Modifiers: item.Modifiers.String(), Units: item.Units, Left: item.Units - showUsed, Until: item.End.Day()}
}
