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

// load sends a table as a partner does; every row must go in.
func (w *world) load(as, kind, table string) {
	w.t.Helper()
	res := w.v1(200, request{as: as, method: "POST", path: "/v1/messages?kind=" + kind, body: table, header: map[string]string{"Content-Type": "text/csv"}})
	if got := read[report](w.t, res); got.Accepted != got.Rows {
		w.t.Fatalf("%s: %+v", kind, got)
	}
}

// covered makes a member of mco-a with 20 units of H2015, at most 10 a day, of
// which 8 are used today.
func (w *world) covered(member string) ledger.Day {
	w.t.Helper()
	today := ledger.DayOf(time.Now().UTC())
	received := time.Now().Add(-49 * time.Hour).UTC().Format(time.RFC3339)
	w.load("mco-a", "enrollment", "member_id,start,end,payer,program\n"+member+","+(today-100).String()+",,MCOA,wraparound\n")
	w.load("mco-a", "authorization", "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,cap_period,cap_units,payer,received_at\n"+
		"A-1,"+member+",,H2015,,"+(today-50).String()+","+(today+50).String()+",20,approved,day,10,MCOA,"+received+"\n")
	w.load("mco-a", "service", "line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units\nL-1,C-1,"+member+",1,H2015,,"+today.String()+",8\n")
	return today
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	today := w.covered("m-1")
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
	today := w.covered("m-1")
	w.create("clinic-b", patient("m-2"))
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
