package api

import (
	"context"
	"net/url"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/fromfhir"
	"github.com/throughline/throughline/mappings/record"
)

// fundCode is the code by which flexible funds are asked about, and kept.
const fundCode = "flexible-fund"

// fund is a budget of the child with what is spent of it.
type fund struct {
	id      string
	updated time.Time
	ledger  ledger.Fund
	balance ledger.FundResult
}

// fundsOf are the child's flexible funds of the day, as far as the caller may see
// them.
func (a *API) fundsOf(ctx context.Context, c *call, e *eligible) ([]fund, error) {
	if !e.funds || !e.purposes["benefits"] || e.member.Value == "" {
		return nil, nil
	}
	day, err := ledger.ParseDay(e.date)
	if err != nil {
		day = ledger.DayOf(a.Now().In(a.zone()))
	}
	q, issues := search.Parse("Basic", url.Values{"code": {fundCode}, "patient.identifier": {e.member.System + "|" + e.member.Value}}, search.Options{Strict: true})
	if q == nil || issues.Errors() {
		return nil, &gateway.Fault{Op: "eligibility", Code: gateway.Internal, Issues: issues}
	}
	page, err := a.Reader.Search(ctx, c.caller(), q)
	if err != nil {
		return nil, err
	}
	var out []fund
	for _, m := range page.Matches {
		r, _ := fhir.Parse(m.JSON, fhir.Limits{Bytes: a.MaxBody})
		if r == nil {
			continue // it was read when it came
		}
		made, _ := fromfhir.FlexibleFund([]*fhir.Resource{r})
		if f, ok := made.(*record.FlexibleFund); ok {
			one := fund{id: m.ID, updated: m.Updated, ledger: f.Ledger()}
			if one.balance = one.ledger.Balance(); one.ledger.Start <= day && day <= one.ledger.End {
				out = append(out, one)
			}
		}
	}
	return out, nil
}

// item is the fund as a benefit in dollars, with where it comes from and when it
// was last heard of.
func (f *fund) item() fhir.Object {
	return fhir.Obj("extension", fhir.List{fhir.Obj("extension", fhir.List{fhir.Obj("url", "number", "valueString", f.ledger.ID),
		fhir.Obj("url", "remaining", "valueMoney", usd(f.balance.Left)), fhir.Obj("url", "period", "valuePeriod", fhir.Obj("start", f.ledger.Start.String(), "end", f.ledger.End.String())),
		fhir.Obj("url", "received", "valueDateTime", f.updated.UTC().Format(time.RFC3339)), fhir.Obj("url", "evidence", "valueReference", fhir.Obj("reference", "Basic/"+f.id))},
		"url", codes.Extensions+"fund-balance")},
		"productOrService", coded(codes.Local+"record", fundCode), "excluded", false, "name", "Flexible funds",
		"benefit", fhir.List{fhir.Obj("type", coded(codes.Terminology+"benefit-type", "benefit"), "allowedMoney", usd(f.ledger.Cents), "usedMoney", usd(f.balance.Spent))})
}
