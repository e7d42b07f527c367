package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/ledger"
)

type checked struct {
	Answer, Code, Reason string
	UnitsAvailable       int64 `json:"units_available"`
	Authorizations       []struct {
		ID        string `json:"authorization_id"`
		Source    string
		Remaining int64
		Used      int64
		End       string
		Received  string `json:"received_at"`
		AgeDays   *int64 `json:"age_days"`
		Cap       *struct {
			Period      string
			Units, Left int64
			From, To    string
		}
	}
}

// child has 20 units of H2015, at most 10 a week, of which 8 are used.
func child(today ledger.Day) *ledger.Case {
	received := ledger.StampOf(time.Now().Add(-49 * time.Hour))
	return &ledger.Case{
		Member: "p1",
		Spans:  []ledger.Span{{Partner: "mco-a", Payer: "MCOA", Start: today - 100, End: ledger.Forever, Seq: 1}},
		Auths: []ledger.Auth{{Partner: "mco-a", ID: "A-1", Code: "H2015", Start: today - 50, End: today + 50, Units: 20, Status: ledger.Approved,
			CapPeriod: ledger.CapDay, CapUnits: 10, Payer: "MCOA", Received: received, Seq: 2}},
		Lines: []ledger.Line{{Partner: "clinic-a", ID: "L-1", Provider: "1", Code: "H2015", Date: today, Units: ledger.Whole(8), Frequency: 1, Seq: 3}},
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	today := ledger.DayOf(time.Now().UTC())
	w.cases.put("mco-a", "m-1", child(today))
	ask := func(body string, status int) response {
		return w.v1(status, request{as: "mco-a", method: "POST", path: "/v1/authorizations/check", body: body})
	}
	q := `{"member_id":"m-1","code":"H2015","provider_id":"1","service_date":"` + today.String() + `"`
	yes := read[checked](t, ask(q+`,"units":2}`, 200))
	if yes.Answer != "yes" || len(yes.Authorizations) != 1 {
		t.Fatalf("%+v", yes)
	}
	a := yes.Authorizations[0]
	if a.ID != "A-1" || a.Source != "mco-a" || a.Remaining != 12 || a.Used != 8 || a.End != (today+50).String() || a.Cap == nil || a.Cap.Left != 2 || a.AgeDays == nil || *a.AgeDays != 2 {
		t.Errorf("%+v %+v", a, a.Cap)
	}
	if partly := read[checked](t, ask(q+`,"units":"5"}`, 200)); partly.Answer != "partly" || partly.Code != "over_cap" {
		t.Errorf("%+v", partly)
	}
	if open := read[checked](t, ask(q+`}`, 200)); open.Answer != "yes" || open.UnitsAvailable != 2 {
		t.Errorf("%+v", open)
	}
	if byID := read[checked](t, ask(`{"authorization_id":"A-1"}`, 200)); byID.Answer != "yes" || byID.Authorizations[0].Remaining != 12 {
		t.Errorf("%+v", byID)
	}
	if no := read[checked](t, ask(strings.Replace(q, "H2015", "T1016", 1)+`}`, 200)); no.Answer != "no" || no.Code != "no_authorization" {
		t.Errorf("%+v", no)
	}
	many := read[struct{ Answers []checked }](t, ask(`{"questions":[`+q+`},{"authorization_id":"none"},`+q+`,"units":2}]}`, 200))
	if len(many.Answers) != 3 || many.Answers[0].Answer != "yes" || many.Answers[1].Answer != "no" {
		t.Errorf("%+v", many)
	}
	for body, status := range map[string]int{
		`{`:                   400,
		`[]`:                  400,
		`{"membr_id":"m-1"}`:  400,
		`{"member_id":1}`:     400,
		`{"questions":[]}`:    400,
		`{"member_id":"m-1"}`: 422,
		q + `,"units":-1}`:    422,
		q + `,"units":{}}`:    422,
		`{"member_id":"m-1","code":"x","service_date":"2026-02-30"}`: 422,
		`{}`: 422,
	} {
		if res := ask(body, status); strings.Contains(res.body, "m-1") {
			t.Errorf("the answer repeats the member: %s", res.body)
		}
	}
	w.v1(403, request{as: "operator", method: "POST", path: "/v1/authorizations/check", body: q + "}"})
}

// A child of another, one that is unknown, and one without coverage are one answer.
func TestCheckTellsNobodyWhoIsKnown(t *testing.T) {
	w := newWorld(t)
	today := ledger.DayOf(time.Now().UTC())
	w.cases.put("mco-a", "m-1", child(today))
	w.cases.put("clinic-b", "m-2", &ledger.Case{Member: "p2"})
	for _, form := range []string{`{"member_id":"MEMBER","code":"H2015","service_date":"` + today.String() + `","units":1}`,
		`{"member_id":"MEMBER","authorization_id":"A-1"}`} {
		var first string
		for _, member := range []string{"m-1", "m-2", "m-3"} {
			res := w.v1(200, request{as: "clinic-b", method: "POST", path: "/v1/authorizations/check", body: strings.Replace(form, "MEMBER", member, 1)})
			if first == "" {
				first = res.body
			}
			if res.body != first {
				t.Errorf("%s: %s\nfirst %s", member, res.body, first)
			}
		}
	}
	other := w.v1(200, request{as: "clinic-b", method: "POST", path: "/v1/authorizations/check", body: `{"authorization_id":"A-1"}`})
	absent := w.v1(200, request{as: "clinic-b", method: "POST", path: "/v1/authorizations/check", body: `{"authorization_id":"A-9"}`})
	if strings.ReplaceAll(other.body, "A-1", "A-9") != absent.body {
		t.Errorf("%s\n%s", other.body, absent.body)
	}
}
