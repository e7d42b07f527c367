package main

import (
	"context"
	"net/url"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/finding"
)

// decidedIn is what the rules told last about the decisions of a program in the
// month of a day (MeasureReport), if the caller may see it; nil = nothing.
func (a *App) decidedIn(ctx context.Context, c *gateway.Caller, program string, day ledger.Day) (*gateway.DecisionCount, error) {
	if c == nil {
		c = &gateway.Caller{Partner: gateway.Itself, Scopes: []string{gateway.ScopeProgram(program)}}
	}
	at := day.Time()
	key := gateway.MonthKey(program, ledger.DayOf(time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)))
	q, issues := search.Parse("MeasureReport", url.Values{"identifier": {key.System + "|" + key.Value}}, search.Options{})
	if issues.Errors() {
		return nil, &gateway.Fault{Op: "report", Code: gateway.Internal, Issues: issues}
	}
	found, err := a.Store.Search(ctx, *c, q)
	if err != nil || len(found.Matches) == 0 {
		return nil, err
	}
	r, issues := fhir.Parse(found.Matches[0].JSON, fhir.Limits{})
	if r == nil {
		return nil, &gateway.Fault{Op: "report", Code: gateway.Internal, Issues: issues}
	}
	return finding.Decisions(r, program), nil
}
