package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// FlexibleFund is a child's budget of flexible funds for a period, and what was
// spent out of it (seed 002, 18). Money is exact: whole cents.
type FlexibleFund struct {
	FundID  string `json:"fund_id" need:"yes" fhir:"Basic.identifier"`
	Member  `csv:""`
	Program string      `json:"program" need:"yes" fhir:"extension program"`
	Start   Date        `json:"start" need:"yes" fhir:"extension flexible-fund: period"`
	End     Date        `json:"end" need:"yes" fhir:"extension flexible-fund: period"`
	Cents   int64       `json:"budget_cents" need:"yes" fhir:"extension flexible-fund: budget (USD)"`
	Spends  []FundSpend `json:"spends" csv:"spend" fhir:"extension fund-spend"`
	Person  `csv:"-"`
}

// FundSpend is one payment; an amount below 0 was paid back.
type FundSpend struct {
	ID       string `json:"id" need:"yes" fhir:"extension fund-spend: id"`
	On       Date   `json:"on" need:"yes" fhir:"extension fund-spend: date"`
	Payee    string `json:"payee" need:"yes" personal:"yes" fhir:"extension fund-spend: payee"`
	Cents    int64  `json:"cents" need:"yes" fhir:"extension fund-spend: amount (USD)"`
	Need     string `json:"need" personal:"yes" fhir:"extension fund-spend: need"`
	Approver string `json:"approver_id" fhir:"extension fund-spend: approver"`
	Receipt  string `json:"receipt" fhir:"extension fund-spend: receipt"`
}

// Name is "flexible_fund".
func (*FlexibleFund) Name() string { return "flexible_fund" }

// ID is the fund's id.
func (f *FlexibleFund) ID() string { return f.FundID }

// Fill has nothing to add.
func (*FlexibleFund) Fill() {}

// Check refuses a negative budget and payments named twice. Whether payments stand
// is judged by the ledger of funds.
func (f *FlexibleFund) Check() fhir.Issues {
	var c checks
	c.period("end", f.Start, f.End)
	if f.Cents < 0 {
		c.bad("budget_cents", strconv.FormatInt(f.Cents, 10), "0 or more", "send the budget in cents")
	}
	c.unique("spends", ids(f.Spends, func(s FundSpend) string { return s.ID }))
	return c.issues
}

// Ledger is the fund as the ledger of funds judges it.
func (f *FlexibleFund) Ledger() ledger.Fund {
	out := ledger.Fund{ID: f.FundID, Start: f.Start.Day(), End: f.End.Day(), Cents: f.Cents}
	for _, s := range f.Spends {
		out.Spends = append(out.Spends, ledger.Spend{ID: s.ID, Date: s.On.Day(), Payee: s.Payee, Cents: s.Cents, Need: s.Need, Approver: s.Approver, Receipt: s.Receipt})
	}
	return out
}
