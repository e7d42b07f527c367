package x12

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
)

func agency() *gateway.Partner {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return &gateway.Partner{ID: "agency", MemberSystem: "urn:test:medicaid", Zone: zone}
}

// enveloped is a transaction from ST to SE as Parse wants it.
func enveloped(st []byte) []byte {
	e := wire.Envelope{From: wire.Party{ID: "AGENCY01"}, To: wire.Party{ID: "PLANMCO"}, At: time.Date(2026, 3, 3, 10, 15, 0, 0, time.UTC), Control: 101, GroupControl: 101}
	return e.Wrap("HI", Version278, st)
}

// again reads what was written.
func again(t interface{ Fatalf(string, ...any) }, st []byte, response bool) *Review {
	r, issues := review(enveloped(st), agency(), response)
	if r == nil || len(issues) > 0 {
		t.Fatalf("what we wrote cannot be read without loss:\n%v\n%s", issues, st)
	}
	return r
}

var (
	words = rapid.StringMatching(`[A-Z][A-Z0-9]{0,6}( [A-Z0-9]{1,6}){0,2}`)
	ids   = rapid.StringMatching(`[A-Z0-9]{3,12}`)
	whens = rapid.Custom(func(t *rapid.T) string {
		return time.Unix(int64(rapid.IntRange(17000, 22000).Draw(t, "day"))*86400, 0).UTC().Format("2006-01-02")
	})
	amount = rapid.SampledFrom([]string{"1", "0.25", "120", "12.5", "3120", "0.001"})
)

func some(t *rapid.T, g *rapid.Generator[string], name string) string {
	if rapid.Bool().Draw(t, "no "+name) {
		return ""
	}
	return g.Draw(t, name)
}

func one(list ...string) *rapid.Generator[string] { return rapid.SampledFrom(list) }

func span(t *rapid.T) (string, string) {
	a, b := whens.Draw(t, "from"), whens.Draw(t, "to")
	return min(a, b), max(a, b)
}

func drawnParty(t *rapid.T, entity string) Party {
	p := Party{Entity: entity, Name: words.Draw(t, "name"), Qualifier: one("XX", "PI", "24", "SV", "46").Draw(t, "qualifier"), ID: ids.Draw(t, "id"), Phone: some(t, one("5555550110"), "phone")}
	if p.Qualifier == "24" {
		p.Qualifier = "EI"
	}
	if p.Qualifier != "EI" {
		p.TaxID = some(t, one("123456789"), "tax")
	}
	if entity != "X3" {
		p.Specialty = some(t, one("101YM0800X"), "specialty")
	}
	if p.Person = entity == "71" || entity == "72"; p.Person {
		p.Given = words.Draw(t, "given")
	} else {
		p.Contact = some(t, words, "contact")
	}
	return p
}

func drawnPerson(t *rapid.T) Person {
	return Person{Family: words.Draw(t, "family"), Given: words.Draw(t, "given"), Middle: some(t, words, "middle"), Member: ids.Draw(t, "member"), Birth: some(t, whens, "birth"), Gender: some(t, one("F", "M", "U"), "gender")}
}

func drawnLevel(t *rapid.T, event bool, response bool) Level {
	v := Level{RequestType: one("HS", "SC", "AR", "IN").Draw(t, "request"), Certification: one("I", "R", "S", "4", "3", "1").Draw(t, "certification"), Category: one("CQ", "MH", "42", "1").Draw(t, "category"),
		Place: some(t, one("11", "12", "03"), "place"), Authorization: some(t, ids, "authorization"), Admin: some(t, ids, "admin")}
	if rapid.Bool().Draw(t, "dated") {
		v.Start, v.End = span(t)
	}
	if event {
		v.Urgency = some(t, one("U", "E"), "urgency")
	} else {
		v.Scheme, v.Code, v.Modifiers = "HC", one("H2021", "S5150", "T1017").Draw(t, "code"), rapid.SliceOfN(one("HA", "HE", "U1", "TF"), 0, 4).Draw(t, "modifiers")
		v.Amount = some(t, amount, "amount")
		if rapid.Bool().Draw(t, "counted") {
			v.Unit, v.Units = one("UN", "MJ", "DA").Draw(t, "unit"), amount.Draw(t, "units")
		}
		if len(v.Modifiers) == 0 {
			v.Modifiers = nil
		}
	}
	if rapid.Bool().Draw(t, "delivered") {
		v.Delivery = Delivery{Qualifier: one("HS", "VS", "FL").Draw(t, "by"), Units: amount.Draw(t, "deliver"), Per: some(t, one("WK", "DA", "MO"), "per"), Period: "34", Count: "6"}
	}
	v.Messages = rapid.SliceOfN(words, 0, 2).Draw(t, "messages")
	if len(v.Messages) == 0 {
		v.Messages = nil
	}
	return v
}

// drawnRequest is a request that both sides can carry whole.
func drawnRequest(t *rapid.T) *Review {
	r := drawnShared(t, false)
	e := &r.Event
	e.Diagnoses = rapid.SampledFrom([][]Diagnosis{nil, {{"ABK", "F913"}}, {{"ABK", "F913"}, {"ABF", "F902"}, {"ABJ", "R45851"}}}).Draw(t, "diagnoses")
	if rapid.Bool().Draw(t, "attached") {
		e.Attachments = []Attachment{{Type: "77", Method: "EL", Control: "A1", Text: "PLAN OF CARE"}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "team") {
		e.Providers = append(e.Providers, drawnParty(t, one("SJ", "72").Draw(t, "role")))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "services") {
		v := drawnLevel(t, false, false)
		v.Sequence, v.Messages = i+1, nil
		v.Trace, v.TraceOrg = itemTrace(e.Trace, number(i+1)), e.TraceOrg
		if rapid.Bool().Draw(t, "own") {
			v.Providers = []Party{drawnParty(t, one("SJ", "72").Draw(t, "role"))}
		}
		r.Services = append(r.Services, v)
	}
	apart(r)
	return r
}

func drawnShared(t *rapid.T, response bool) *Review {
	r := &Review{Response: response, Reference: ids.Draw(t, "reference"), At: "2026-03-03T10:15:00-05:00", Payer: drawnParty(t, "X3"), Requester: drawnParty(t, one("1P", "FA").Draw(t, "requester")), Member: drawnPerson(t)}
	r.Event = drawnLevel(t, true, response)
	r.Event.Trace, r.Event.TraceOrg = ids.Draw(t, "trace"), some(t, one("9AGENCY001"), "org")
	if rapid.Bool().Draw(t, "dependent") {
		d := drawnPerson(t)
		d.Member, d.Relationship = "", one("19", "01", "G8").Draw(t, "relationship")
		r.Dependent = &d
	}
	return r
}

// apart gives each party an id of its own, as one id is one resource.
func apart(r *Review) {
	n := 0
	own := func(p *Party) {
		n++
		p.ID += fmt.Sprint(n)
	}
	own(&r.Payer)
	own(&r.Requester)
	for i := range r.Event.Providers {
		own(&r.Event.Providers[i])
	}
	for i := range r.Services {
		for k := range r.Services[i].Providers {
			own(&r.Services[i].Providers[k])
		}
	}
}

func drawnResponse(t *rapid.T) *Review {
	r := drawnShared(t, true)
	e := &r.Event
	e.Diagnoses, e.Attachments = nil, nil
	decide(t, e)
	if e.PayerTrace = some(t, ids, "payer trace"); e.PayerTrace != "" {
		e.PayerOrg = "9PLANMCO01"
	}
	e.Delivery, e.Authorization, e.Admin = Delivery{}, "", ""
	for i := range rapid.IntRange(0, 3).Draw(t, "services") {
		v := drawnLevel(t, false, true)
		v.Sequence = i + 1
		v.Trace, v.TraceOrg = itemTrace(e.Trace, number(i+1)), e.TraceOrg
		decide(t, &v)
		if rapid.IntRange(0, 4).Draw(t, "refused") == 0 {
			v.Action, v.Number, v.Reason = "", "", ""
			v.Errors = []Refusal{{Valid: "N", Reason: "33", FollowUp: "C", Loop: "2000F"}}
		}
		r.Services = append(r.Services, v)
	}
	if rapid.IntRange(0, 4).Draw(t, "refused") == 0 {
		r.Errors = []Refusal{{Valid: "N", Reason: "75", FollowUp: "C", Loop: one("2000A", "2000B", "2000C", "2000E").Draw(t, "loop")}}
	}
	apart(r)
	return r
}

func decide(t *rapid.T, v *Level) {
	v.Action, v.Number, v.Reason = one("A1", "A2", "A3", "A4", "A6", "C", "CT", "NA").Draw(t, "action"), some(t, ids, "number"), some(t, one("0V", "15"), "reason")
	v.Issued = some(t, whens, "issued")
	if rapid.Bool().Draw(t, "usable") {
		v.From, v.To = span(t)
	}
}

// TestRoundTripText: what is written as a 278 is read as the same review.
func TestRoundTripText(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T) *Review{"request": drawnRequest, "response": drawnResponse} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := draw(t)
			st, issues := r.Write("0001", agency().Zone)
			if issues != nil {
				t.Fatalf("%v", issues)
			}
			if diff := cmp.Diff(r, again(t, st, r.Response)); diff != "" {
				t.Fatalf("came back different (-sent +back):\n%s\n%s", diff, st)
			}
		}))
	}
}

// TestRoundTripFHIR: what is made FHIR of is read as the same review, with
// nothing lost, and every resource on the way is R4.
func TestRoundTripFHIR(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T) *Review{"request": drawnRequest, "response": drawnResponse} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := draw(t)
			b, issues := r.Entries(agency()).Bundle()
			if issues != nil {
				t.Fatalf("%v", issues)
			}
			for _, e := range b.Entries() {
				if issues := fhir.Validate(e.Resource); len(issues) > 0 {
					t.Fatalf("%s is not R4:\n%v\n%s", e.Resource.Type, issues, e.Resource.Root().Raw())
				}
			}
			read := RequestReview
			if r.Response {
				read = ResponseReview
			}
			back, losses := read([]*fhir.Resource{b}, agency())
			if diff := cmp.Diff(r, back); diff != "" {
				t.Fatalf("came back different (-sent +back):\n%s\n%s", diff, b.JSON)
			}
			if len(losses) > 0 {
				t.Fatalf("lost:\n%v", losses)
			}
		}))
	}
}

// TestCut: a long message is cut at blanks, and nothing of it goes.
func TestCut(t *testing.T) {
	long := strings.Repeat("WORD ", 200) + strings.Repeat("é", 300)
	for _, part := range cut(long, 264) {
		if len(part) > 264 || !strings.Contains(long, part) {
			t.Errorf("%d bytes: %q", len(part), part)
		}
	}
}
