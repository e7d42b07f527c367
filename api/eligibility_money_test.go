package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/ledger"
)

// eligibility asks about M1 on a day and gives the answer without blanks.
func (p *paWorld) eligibility(as, purpose, date, items string) string {
	p.t.Helper()
	body := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/CoverageEligibilityRequest/$submit", body: `{"resourceType":"CoverageEligibilityRequest","status":"active","purpose":[` + purpose + `],
		"patient":{"identifier":{"value":"M1"}},"servicedDate":"` + date + `","created":"2026-11-20","insurer":{"display":"plan"}` + items + `}`})
	body.parse(p.t)
	return strings.ReplaceAll(body.body, " ", "")
}

func holds(t *testing.T, body string, want, never []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Errorf("no %s in\n%s", w, body)
		}
	}
	for _, w := range never {
		if strings.Contains(body, w) {
			t.Errorf("%s in\n%s", w, body)
		}
	}
}

// What is asked in another unit than was authorised is counted by the payer's
// unit table of the day of service; without a row it is no, and says why.
func TestEligibilityConvertsUnits(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		day := func(text string) ledger.Day {
			d, err := ledger.ParseDay(text)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		rules := ledger.DefaultRules()
		rules.Units = []ledger.UnitRow{
			{Payer: "MCOA", Code: "H2015", From: day("2026-01-01"), To: day("2026-06-30"), LineUnit: "hour", AuthUnit: "15min", Num: 4, Den: 1, Round: ledger.RoundUp},
			{Payer: "MCOA", Code: "H2015", From: day("2026-07-01"), LineUnit: "hour", AuthUnit: "15min", Num: 3, Den: 1, Round: ledger.RoundUp},
			{Payer: "OTHER", Code: "H2015", LineUnit: "day", AuthUnit: "15min", Num: 32, Den: 1},
		}
		p.deps.Rules = rules
		p.restart()
		p.record("mco-a", `{"record":"authorization","authorization_id":"A-1","member_id":"M1","payer":"MCOA","items":[{"code":"H2015","start":"2026-01-01","end":"2026-12-31","units":12,"status":"approved","unit":"15min"}]}`)
		ask := func(date, quantity string) string {
			return p.eligibility("mco-a", `"auth-requirements"`, date, `,"item":[{"productOrService":{"coding":[{"code":"H2015"}]},"quantity":`+quantity+`}]`)
		}
		for _, c := range []struct{ date, quantity, answer, needed string }{
			{"2026-05-04", `{"value":2.5,"unit":"hour"}`, "yes", "10"},
			{"2026-05-04", `{"value":0.1,"unit":"hour"}`, "yes", "1"},
			{"2026-11-04", `{"value":2.5,"unit":"hour"}`, "yes", "8"},
			{"2026-05-04", `{"value":4,"unit":"hour"}`, "partly", "16"},
			{"2026-05-04", `{"value":4,"unit":"units","system":"https://codesystem.x12.org/005010/355","code":"UN"}`, "yes", "4"},
		} {
			holds(t, ask(c.date, c.quantity), []string{`"url":"answer","valueCode":"` + c.answer + `"`, `"url":"needed","valueDecimal":` + c.needed + `}`, `"authorizationRequired":true`}, []string{`"benefit":`})
		}
		holds(t, ask("2026-05-04", `{"value":1,"unit":"day"}`), []string{`"url":"answer","valueCode":"no"`, `"valueCode":"unknown_unit"`}, nil)
	})
}

// Dollars: authorizations in dollars and flexible funds say what is allowed and
// used as Money, with where it comes from; only who may see the record sees it.
func TestEligibilityInDollars(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		p.record("mco-a", `{"record":"authorization","authorization_id":"A-1","member_id":"M1","payer":"MCOA","received_at":"2026-11-01T09:00:00Z","items":[{"code":"T2038","start":"2026-01-01","end":"2026-12-31","units":1500,"status":"approved","unit":"dollar"}]}`)
		p.record("mco-a", `{"record":"service","line_id":"L1","member_id":"M1","provider_id":"1234567893","code":"T2038","service_date":"2026-11-10","units":400,"unit":"dollar"}`)
		p.record("mco-a", `{"record":"flexible_fund","fund_id":"FF-12","member_id":"M1","program":"wraparound","start":"2026-01-01","end":"2026-12-31","budget_cents":150000,"spends":[{"id":"1","on":"2026-03-21","payee":"Riverside Swim Club","cents":8550,"need":"N2","approver_id":"SUP-1","receipt":"RC-118"}]}`)
		service := `{"productOrService":{"coding":[{"code":"T2038"}]}}`
		money := func(allowed, used string) string {
			return `"allowedMoney":{"value":` + allowed + `,"currency":"USD"},"usedMoney":{"value":` + used + `,"currency":"USD"}`
		}
		holds(t, p.eligibility("mco-a", `"benefits"`, "2026-11-20", `,"item":[`+service+`,{"productOrService":{"coding":[{"code":"flexible-fund"}]}}]`),
			[]string{money("1500.00", "400.00"), money("1500.00", "85.50"), `"url":"remaining","valueDecimal":1100`, `"valueString":"FF-12"`, `"valueMoney":{"value":1414.50`, `"reference":"Basic/`, `"url":"age-days"`}, []string{"RiversideSwimClub", "authorizationRequired"})
		holds(t, p.eligibility("mco-a", `"benefits"`, "2026-11-20", ""), []string{`"valueString":"FF-12"`}, nil)
		holds(t, p.eligibility("mco-a", `"benefits"`, "2027-01-02", ""), nil, []string{"FF-12"})
		holds(t, p.eligibility("mco-a", `"benefits"`, "2026-11-20", `,"item":[`+service+`]`), nil, []string{"FF-12"})
		holds(t, p.eligibility("mco-a", `"validation"`, "2026-11-20", `,"item":[`+service+`]`), []string{`"inforce":true`}, []string{"FF-12", "allowedMoney", "A-1"})
		holds(t, p.eligibility("clinic-b", `"benefits"`, "2026-11-20", ""), []string{`"inforce":false`}, []string{"FF-12", "Basic/"})
	})
}

// record sends one record of the partner's.
func (p *paWorld) record(as, body string) {
	p.t.Helper()
	p.want(http.StatusCreated, request{as: as, method: "POST", path: "/v1/messages", header: map[string]string{"Content-Type": "application/json"}, body: body})
}
