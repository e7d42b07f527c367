package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Crowd is a PostgreSQL database full of prior authorizations, as the store
// itself writes them: clinic-b asks mco-a (payer MCOA). One request has one to
// three items; every 20th request is pended, of the rest every tenth item is cut
// (A6). Each authorization has two service lines, every tenth request a delivery.
// About 30 % as many children as authorizations.
type Crowd struct {
	Authorizations, Requests, Members int
}

// crowdDay is when everything was asked; the authorizations run for a year.
var crowdDay = time.Date(2026, 3, 3, 10, 15, 0, 0, time.UTC)

const (
	crowdStart, crowdEnd = "2026-03-15", "2027-03-14"
	crowdNPI             = "1234567893"
	crowdUnits           = 40
	crowdSystem          = "urn:test:trace"
)

// FillCrowd writes a crowd with that many authorizations by COPY.
func FillCrowd(tb testing.TB, url string, authorizations int) *Crowd {
	tb.Helper()
	c := &Crowd{Authorizations: authorizations, Members: max(authorizations*3/10, 1)}
	for made := 0; made < authorizations; c.Requests++ {
		if !pended(c.Requests) {
			made += items(c.Requests)
		}
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, t := range c.tables() {
		n, i := 0, 0
		var waiting [][]any
		_, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, strings.Fields(t.columns), pgx.CopyFromFunc(func() ([]any, error) {
			for len(waiting) == 0 {
				if i == t.count {
					return nil, nil
				}
				waiting, i = t.rows(i), i+1
			}
			row := waiting[0]
			waiting, n = waiting[1:], n+1
			return row, nil
		}))
		if err != nil {
			tb.Fatalf("%s, row %d: %v", t.name, n, err)
		}
	}
	for _, sql := range []string{fmt.Sprintf("select setval('commit_seq', %d)", c.Requests+1), "analyze"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			tb.Fatal(err)
		}
	}
	return c
}

// Member is the member id of a request's child.
func (c *Crowd) Member(request int) string { return fmt.Sprintf("CROWD-%07d", request%c.Members) }

// Trace is the trace number of a request, Number the authorization number of its
// first item.
func (c *Crowd) Trace(request int) string { return fmt.Sprintf("CROWD-T-%07d", request) }

// Number is the authorization number of an item of a request.
func (c *Crowd) Number(request, item int) string {
	return fmt.Sprintf("CROWD-A-%07d-%d", request, item)
}

func pended(request int) bool { return request%20 == 19 }

func items(request int) int { return 1 + request%3 }

func (c *Crowd) person(member int) string { return fmt.Sprintf("%02x%024x", member%256, member) }

// ID is the id of a request here.
func (c *Crowd) ID(i int) string { return fmt.Sprintf("%02x%024x", i%256, 1<<40+i) }

func (c *Crowd) message(i int) string { return fmt.Sprintf("crowd-m-%07d", i) }

// crowdTable makes the rows of a table, some for each of count things.
type crowdTable struct {
	name, columns string
	count         int
	rows          func(i int) [][]any
}

func (c *Crowd) tables() []crowdTable {
	at := crowdDay.UnixMicro()
	one := func(row ...any) [][]any { return [][]any{row} }
	out := []crowdTable{
		{"person", "id bucket created_at", c.Members, func(i int) [][]any { return one(c.person(i), i%256, at) }},
		{"patient_xref", "system value person", c.Members, func(i int) [][]any { return one(MemberSystem, c.Member(i), c.person(i)) }},
		{"relation", "person scope why ref sender lo hi confirmed", c.Members, func(i int) [][]any {
			return [][]any{{c.person(i), gateway.ScopePartner("clinic-b"), "sent", "", "clinic-b", 0, 40000, 1}, {c.person(i), gateway.ScopePartner("mco-a"), "sent", "", "mco-a", 0, 40000, 1},
				{c.person(i), gateway.ScopePayer("MCOA"), "enrollment", "MCOA", "mco-a", 0, 40000, 1}}
		}},
		{"span_fact", "bucket person payer program start_day known received end_day partner member", c.Members, func(i int) [][]any {
			return one(i%256, c.person(i), "MCOA", "wraparound", day("2026-01-01"), 1, at, 40000, "mco-a", c.Member(i))
		}},
		{"prior_auth", "id version requester payer person state created_at updated_at seq doc", c.Requests, func(i int) [][]any {
			a := c.authorization(i, true)
			return one(a.ID, a.Version, "clinic-b", "mco-a", c.person(i%c.Members), string(a.State()), at+int64(i), a.Updated.UnixMicro(), i+1, docOf(a))
		}},
		{"prior_auth_version", "id version message at doc", c.Requests, func(i int) [][]any {
			asked := one(c.ID(i), 1, c.message(i), at+int64(i), docOf(c.authorization(i, false)))
			if pended(i) {
				return asked
			}
			return append(asked, []any{c.ID(i), 2, c.message(i) + "-d", at + int64(i) + 1, docOf(c.authorization(i, true))})
		}},
		{"prior_auth_answer", "message id version", c.Requests, func(i int) [][]any { return one(c.message(i), c.ID(i), 1) }},
		{"inbox", "id partner channel msg_key kind sha256 body ask origin state generation mapping fault issues answer_status answer_head answer_effect received_at seq routed", c.Requests, func(i int) [][]any {
			return one(c.message(i), "clinic-b", "fhir", "trace:"+c.Trace(i), "fhir/pas-submit", "", []byte(c.Bundle(i)), "", "", "accepted", 1, "", "", "", 200, "", 0, at+int64(i), i+1, 1)
		}},
		{"outbox", "id message partner subject lane_seq idem_key items state first_at next_at done_at queued_at", c.Requests / 10, func(i int) [][]any {
			return one(fmt.Sprintf("crowd-d-%07d", i), c.message(i*10), "mco-a", c.person(i*10%c.Members), 1, fmt.Sprintf("crowd-k-%07d", i), "[]", "delivered", at, at, at+1, at)
		}},
	}
	return append(append(out, c.names()...), c.facts()...)
}

// names are the names of the authorizations, kind by kind, as the store keeps
// them.
func (c *Crowd) names() (out []crowdTable) {
	name := func(rows func(i int) [][]any) {
		out = append(out, crowdTable{"prior_auth_name", "kind owner value system id", c.Requests, rows})
	}
	for _, n := range []struct {
		kind, owner, system string
		value               func(i int) string
	}{
		{"claim", "clinic-b", "", func(i int) string { return "http://clinic.example/fhir/Claim/" + c.Trace(i) }},
		{"member", "mco-a", MemberSystem, func(i int) string { return c.Member(i) }},
		{"npi", "mco-a", gateway.NPI, func(int) string { return crowdNPI }},
		{"trace", "clinic-b", crowdSystem, c.Trace},
		{"trace", "mco-a", crowdSystem, c.Trace},
	} {
		name(func(i int) [][]any { return [][]any{{n.kind, n.owner, n.value(i), n.system, c.ID(i)}} })
	}
	name(func(i int) (rows [][]any) {
		for n := 1; n <= items(i) && !pended(i); n++ {
			rows = append(rows, []any{"number", "mco-a", c.Number(i, n), "", c.ID(i)})
		}
		return rows
	})
	return out
}

// facts are the ledger's rows.
func (c *Crowd) facts() []crowdTable {
	at, decided := crowdDay.UnixMicro(), ledger.StampOf(crowdDay.Add(time.Hour))+1
	each := func(row func(i, n, member int) [][]any) func(i int) [][]any {
		return func(i int) (rows [][]any) {
			for n := 1; n <= items(i) && !pended(i); n++ {
				rows = append(rows, row(i, n, i%c.Members)...)
			}
			return rows
		}
	}
	auths := each(func(i, n, member int) [][]any {
		return [][]any{{member % 256, c.person(member), "mco-a", c.Number(i, n), 1, int64(decided), day(crowdStart), day(crowdEnd), given(i, n), 0, 0, c.Member(i), crowdNPI, crowdCode(n), "", "", string(ledger.Approved), "", "", "MCOA", 0, 0}}
	})
	lines := each(func(i, n, member int) (rows [][]any) {
		for k := range 2 {
			rows = append(rows, []any{member % 256, c.person(member), "clinic-b", fmt.Sprintf("CROWD-L-%07d-%d-%d", i, n, k), 1, at, day(crowdStart) + 7*k + i%60, 1, 0, 1, c.Member(i), "", crowdNPI, crowdCode(n), "",
				"", "", "", "", c.Number(i, n), fmt.Sprint("V", i, k), "", ""})
		}
		return rows
	})
	return []crowdTable{
		{"auth_fact", "bucket person partner id known received start_day end_day units cap_units pending member provider code modifiers unit status cap_period program payer counted counted_to", c.Requests, auths},
		{"service_line", "bucket person partner id known received day units scale frequency member claim provider code modifiers day_text unit replaces source auth visit start_time denial", c.Requests, lines},
	}
}

func day(text string) int {
	d, err := ledger.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return int(d)
}

func crowdCode(item int) string { return [...]string{"H2021", "H0038", "T1017"}[item-1] }

// given are the units of an item: every tenth is cut.
func given(request, item int) int {
	if (request+item)%10 == 0 {
		return crowdUnits - 8
	}
	return crowdUnits
}

// authorization is a request as it was asked, or as it stands.
func (c *Crowd) authorization(i int, decided bool) *gateway.Authorization {
	member := gateway.Identifier{System: MemberSystem, Value: c.Member(i)}
	asked := crowdDay.Add(time.Duration(i) * time.Microsecond)
	a := &gateway.Authorization{ID: c.ID(i), Version: 1, Requester: "clinic-b", Payer: "mco-a", Member: member, MemberIDs: []gateway.Identifier{member},
		Provider: []gateway.Identifier{{System: gateway.NPI, Value: crowdNPI}}, Insurer: []gateway.Identifier{{System: "urn:test:payer", Value: "MCOA"}}, Born: "2013-05-14",
		Patient: "Patient/" + c.person(i%c.Members), Claim: "Claim/" + c.ID(i), Response: "ClaimResponse/" + c.ID(i), Created: asked, Updated: asked,
		Revisions: []gateway.Revision{{Message: gateway.MessageID(c.message(i)), Trace: gateway.Identifier{System: crowdSystem, Value: c.Trace(i)},
			Bundle: gateway.Identifier{System: "urn:test:transaction", Value: c.Trace(i)}, Claim: "http://clinic.example/fhir/Claim/" + c.Trace(i), At: asked}}}
	for n := 1; n <= items(i); n++ {
		item := gateway.AuthItem{Sequence: n, Certification: "I", Revision: 1, Asked: gateway.AuthService{Code: gateway.Coded{System: "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", Code: crowdCode(n)},
			Units: fmt.Sprint(crowdUnits), Start: crowdStart, End: crowdEnd}}
		if decided && !pended(i) {
			answer := gateway.ItemAnswer{Revision: 1, At: crowdDay.Add(time.Hour), Action: gateway.Certified, Number: c.Number(i, n)}
			if units := given(i, n); units < crowdUnits {
				answer.Action, answer.Given, answer.Note = gateway.Modified, &gateway.AuthService{Units: fmt.Sprint(units)}, "fewer are enough for a start"
			}
			item.Answers = []gateway.ItemAnswer{answer}
			a.Version, a.Updated = 2, answer.At
		}
		a.Items = append(a.Items, item)
	}
	return a
}

func docOf(a *gateway.Authorization) string {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Bundle is a request as it was sent.
func (c *Crowd) Bundle(i int) string { return c.Ask(i, c.Trace(i)) }

// Ask is the same request under another trace number.
func (c *Crowd) Ask(i int, trace string) string {
	list := make([]string, items(i))
	for n := range list {
		list[n] = fmt.Sprintf(`{"sequence":%d,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":%q}]},"servicedPeriod":{"start":%q,"end":%q},"quantity":{"value":%d,"unit":"units"}}`,
			n+1, crowdCode(n+1), crowdStart, crowdEnd, crowdUnits)
	}
	return fmt.Sprintf(crowdBundle, trace, crowdSystem, strings.Join(list, ","), crowdNPI, MemberSystem, c.Member(i), crowdDay.Format(time.RFC3339))
}

const crowdBundle = `{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":%[1]q},"timestamp":%[7]q,"entry":[
{"fullUrl":"http://clinic.example/fhir/Claim/%[1]s","resource":{"resourceType":"Claim","id":%[1]q,"identifier":[{"system":%[2]q,"value":%[1]q}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/%[6]s"},"created":%[7]q,"insurer":{"reference":"Organization/payer"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},"diagnosis":[{"sequence":1,"diagnosisCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F91.3"}]}}],"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/%[6]s"}}],"item":[%[3]s]}},
{"fullUrl":"http://clinic.example/fhir/Organization/us","resource":{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":%[4]q}],"active":true,"name":"Clinic"}},
{"fullUrl":"http://clinic.example/fhir/Organization/payer","resource":{"resourceType":"Organization","id":"payer","identifier":[{"system":"urn:test:payer","value":"MCOA"}],"active":true,"name":"Plan"}},
{"fullUrl":"http://clinic.example/fhir/Coverage/%[6]s","resource":{"resourceType":"Coverage","id":%[6]q,"status":"active","subscriberId":%[6]q,"beneficiary":{"reference":"Patient/%[6]s"},"payor":[{"reference":"Organization/payer"}]}},
{"fullUrl":"http://clinic.example/fhir/Patient/%[6]s","resource":{"resourceType":"Patient","id":%[6]q,"identifier":[{"system":%[5]q,"value":%[6]q}],"name":[{"family":"Sample"}],"birthDate":"2013-05-14","gender":"female"}}]}`
