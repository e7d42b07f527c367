package mappings_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/mappings/tofhir"
)

// drawn is a generated record that a partner could have sent: its JSON passes
// the door.
func drawn(t *rapid.T, name string) record.Record {
	v := reflect.New(reflect.TypeOf(zero[name]).Elem())
	fillStruct(t, record.SchemaOf(name), v.Elem())
	r := v.Interface().(record.Record)
	mend(t, r)
	r.Fill()
	if issues := r.Check(); len(issues) > 0 {
		t.Fatalf("the generator made a record that breaks rules:\n%v", issues)
	}
	return r
}

var zero = map[string]record.Record{
	"care_plan": &record.CarePlan{}, "care_team": &record.CareTeam{}, "referral": &record.Referral{}, "authorization": &record.Authorization{},
	"enrollment": &record.Enrollment{}, "service": &record.Service{}, "treatment_update": &record.TreatmentUpdate{}, "decision": &record.PayerDecision{},
	"staff": &record.Staff{}, "meeting": &record.Meeting{}, "flexible_fund": &record.FlexibleFund{}, "assessment": &record.Assessment{}, "contact": &record.Contact{}, "referral_answer": &record.ReferralAnswer{},
	"level_of_care": &record.LevelOfCare{}, "placement": &record.Placement{}, "waitlist_entry": &record.WaitlistEntry{}, "linked_plan": &record.LinkedPlan{}, "application_packet": &record.ApplicationPacket{},
	"adverse_notice": &record.AdverseNotice{}, "appeal": &record.Appeal{},
}

func fillStruct(t *rapid.T, s *record.Schema, v reflect.Value) {
	for _, f := range s.Fields {
		if !f.Need && rapid.IntRange(0, 2).Draw(t, "absent "+f.Name) == 0 {
			continue
		}
		fillField(t, f, f.Of(v))
	}
}

var (
	words   = rapid.StringMatching(`[A-Za-zäöé=+@'"-][A-Za-z0-9ß,.;:"'<&\n -]{0,18}[A-Za-z0-9.]`)
	tokens  = rapid.StringMatching(`[A-Z]{1,2}[0-9]{1,6}`)
	dates   = rapid.Custom(func(t *rapid.T) string { return ledger.Day(rapid.IntRange(18000, 22000).Draw(t, "day")).String() })
	moments = rapid.SampledFrom([]string{"2026-03-20T15:30:00-05:00", "2026-03-21", "2026-04-01T00:00:00Z"})
)

func fillField(t *rapid.T, f *record.Field, v reflect.Value) {
	switch f.Shape {
	case record.One:
		v.Set(reflect.New(v.Type().Elem()))
		fillStruct(t, f.Elem, v.Elem())
	case record.Many:
		n := rapid.IntRange(1, 3).Draw(t, "entries")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fillStruct(t, f.Elem, v.Index(i))
		}
	case record.Whole:
		v.SetInt(rapid.Int64Range(0, 500).Draw(t, f.Name))
	case record.Decimal:
		d, _ := ledger.ParseDecimal(rapid.SampledFrom([]string{"1", "2.5", "0.25", "96", "12.125"}).Draw(t, f.Name))
		v.Set(reflect.ValueOf(d))
	case record.Flag:
		v.SetBool(rapid.Bool().Draw(t, f.Name))
	case record.Day:
		v.SetString(dates.Draw(t, f.Name))
	case record.LooseDay:
		v.SetString(rapid.OneOf(dates, rapid.Just("2026-02-30"), rapid.Just("soon")).Draw(t, f.Name))
	case record.Moment:
		v.SetString(moments.Draw(t, f.Name))
	case record.WordList, record.ModifierList:
		tokens := tokens
		if f.Table != nil {
			tokens = rapid.SampledFrom(f.Table.Words())
		}
		v.Set(reflect.ValueOf(rapid.SliceOfN(tokens, 1, 3).Draw(t, f.Name)).Convert(v.Type()))
	default:
		v.SetString(text(t, f))
	}
}

// text draws a code of the table, an id, or words.
func text(t *rapid.T, f *record.Field) string {
	switch {
	case f.Table != nil:
		return rapid.SampledFrom(f.Table.Words()).Draw(t, f.Name)
	case f.Personal && f.Name != "member_id" && f.Name != "value" && f.Name != "diagnosis" && f.Name != "phone" && f.Name != "email":
		return words.Draw(t, f.Name)
	}
	return tokens.Draw(t, f.Name)
}

// mend makes the fields of a drawn record agree, where its rules ask for it.
func mend(t *rapid.T, r record.Record) {
	switch r := r.(type) {
	case *record.CarePlan:
		mendPlan(r)
	case *record.CareTeam:
		r.End = later(r.Start, r.End)
		for i := range r.Members {
			mendMember(&r.Members[i], i)
		}
	case *record.Referral:
		r.Deadline, r.OutcomeOn, r.StatusReason = later(r.RequestedOn, r.Deadline), later(r.RequestedOn, r.OutcomeOn), "because"
	case *record.Authorization:
		for i := range r.Items {
			mendItem(t, &r.Items[i], i)
		}
	case *record.PayerDecision:
		if r.ExtendDays = max(0, r.ExtendDays); r.ExtendDays > 0 {
			r.ExtendWhy = "because"
		} else {
			r.ExtendWhy = ""
		}
		for i := range r.Items {
			item := &r.Items[i]
			item.Item, item.End, item.Reason, item.Code = int64(i+1), later(item.Start, item.End), "because", "H2021"
		}
	case *record.Staff:
		mendStaff(r)
	case *record.Contact:
		r.Reason = pick(!r.Reached, "because")
	case *record.Assessment:
		for i := range r.Items {
			r.Items[i].ID = id(i)
		}
		for i := range r.Totals {
			r.Totals[i].ID = id(i)
		}
	case *record.FlexibleFund:
		r.End = later(r.Start, r.End)
		for i := range r.Spends {
			r.Spends[i].ID = id(i)
		}
	case *record.Meeting:
		mendMeeting(r)
	case *record.LevelOfCare:
		r.Until, r.Version = later(r.On, r.Until), pick(r.Instrument != "", r.Version)
	case *record.Placement:
		r.End = later(r.Start, r.End)
		r.To = pick(r.End != "", r.To)
	case *record.WaitlistEntry:
		r.OfferedOn, r.EndedOn, r.NeedID = later(r.Since, r.OfferedOn), later(r.Since, r.EndedOn), pick(r.PlanID != "", r.NeedID)
	case *record.LinkedPlan:
		r.End, r.Document = later(r.Start, r.End), pick(r.Document != "", "https://documents.example/1")
	case *record.ApplicationPacket:
		mendPacket(r)
	case *record.AdverseNotice:
		r.AuthID, r.Effective, r.Reason, r.Reviewer, r.Credential, r.TraceSystem = "A1", "2026-05-01", "because", "Dana Whitfield", "LCSW", pick(r.Trace != "", r.TraceSystem)
	case *record.Appeal:
		mendAppeal(r)
	case *record.ReferralAnswer:
		r.Status, r.Reason, r.Outcome = rapid.SampledFrom([]string{"accepted", "rejected", "in-progress", "on-hold", "completed", "failed", "cancelled"}).Draw(t, "answer"), "because", "done"
	case *record.Enrollment:
		if r.Program == "" {
			r.Coordinator = ""
		}
	case *record.TreatmentUpdate:
		mendUpdate(r)
	}
}

// mendAppeal lets the family file, to the plan that continues what it names.
func mendAppeal(a *record.Appeal) {
	a.AuthID, a.FiledBy, a.Filed, a.TraceSystem = "A1", "family", "2026-03-20T15:30:00-05:00", pick(a.Trace != "", a.TraceSystem)
	if a.Decided == "" || a.Outcome == "" {
		a.Decided, a.Outcome = "", ""
	} else {
		a.Decided = "2026-04-01T00:00:00Z"
	}
	if a.ExtendDays == 0 || a.ExtendWhy == "" {
		a.ExtendDays, a.ExtendWhy = 0, ""
	}
	if c := a.Continued; c != nil {
		c.Until = later(c.From, c.Until)
	}
}

func id(i int) string { return "E" + string(rune('1'+i)) }

func later(start, end record.Date) record.Date {
	if end != "" && end < start {
		return start
	}
	return end
}

func mendPlan(p *record.CarePlan) {
	p.End = later(p.Start, p.End)
	var needs, goals record.IDs
	for i := range p.Strengths {
		p.Strengths[i].ID = id(i)
	}
	for i := range p.Needs {
		p.Needs[i].ID, needs = id(i), append(needs, id(i))
	}
	for i := range p.Goals {
		g := &p.Goals[i]
		g.ID, goals, g.ForNeeds, g.Due = id(i), append(goals, id(i)), needs, later(g.Start, g.Due)
	}
	for i := range p.Services {
		s := &p.Services[i]
		s.ID, s.ForGoals, s.End = id(i), goals, later(s.Start, s.End)
		if s.Code == "" && s.Text == "" {
			s.Code = "H2021"
		}
		if s.Units.Coef == 0 {
			s.Unit, s.Per = "", ""
		}
	}
}

func mendMember(m *record.TeamMember, i int) {
	m.ID, m.End = id(i), later(m.Start, m.End)
	m.NPI, m.OrgNPI, m.Relationship = "", "", pick(m.Related(), m.Relationship)
	m.Organization = pick(m.Kind == "professional", m.Organization)
	m.OwnID = pick(m.Kind == "professional" || m.Kind == "organization", m.OwnID)
	if m.Person == "" {
		m.Person = "Somebody"
	}
}

func pick(keep bool, s string) string {
	if keep {
		return s
	}
	return ""
}

func mendItem(t *rapid.T, item *record.AuthItem, i int) {
	item.ItemID, item.Action = id(i), ""
	if item.CapPeriod == "" || item.CapUnits == 0 {
		item.CapPeriod, item.CapUnits = "", 0
	}
	if item.PayerUsed = max(item.PayerUsed, 0); item.PayerUsedTo == "" {
		item.PayerUsed = 0
	}
}

func mendPacket(p *record.ApplicationPacket) {
	for i := range p.Documents {
		d := &p.Documents[i]
		d.ID, d.Document = id(i), pick(d.Document != "", "https://documents.example/1")
	}
	if p.DecidedOn = later(p.Submitted, p.DecidedOn); p.Decision == "" {
		p.DecidedOn, p.Reasons = "", nil
	}
}

func mendUpdate(u *record.TreatmentUpdate) {
	if u.Until.Stamp() < u.At.Stamp() {
		u.Until = u.At
	}
	for i := range u.Measures {
		m := &u.Measures[i]
		m.ID = id(i)
		if m.Instrument == "" {
			m.Version = ""
		}
		if m.Text == "" {
			m.Text = "seen"
		}
	}
	for i := range u.Goals {
		u.Goals[i].GoalID = id(i)
	}
}

// TestRoundTripFHIR: FromFHIR(ToFHIR(r)) == r, with no losses, and every
// resource on the way is R4.
func TestRoundTripFHIR(t *testing.T) {
	for _, name := range record.Names {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := drawn(t, name)
			kind := gateway.Kind("json/" + name)
			if mappings.Catalogue[kind].From == nil {
				return // becomes no resource by itself: there is no way back
			}
			out := tofhir.Map(r, message(kind, nil), clinic())
			for _, f := range out.Facts.Records {
				if kept, issues := json.Decode(name, f.Body, nil); len(issues) > 0 || !cmp.Equal(r, kept) || f.Kind != name || f.ID != r.ID() {
					t.Fatalf("kept for the rules as another record: %v\n%s", issues, f.Body)
				}
			}
			var rs []*fhir.Resource
			for _, c := range out.Changes {
				if issues := fhir.Validate(c.Resource); len(issues) > 0 {
					t.Fatalf("%s is not R4:\n%v\n%s", c.Type, issues, c.Resource.JSON)
				}
				rs = append(rs, c.Resource)
			}
			back, losses := mappings.Catalogue[kind].From(rs)
			if diff := cmp.Diff(r, back); diff != "" {
				t.Fatalf("came back different (-sent +back):\n%s", diff)
			}
			if len(losses) > 0 {
				t.Fatalf("lost:\n%v", losses)
			}
		}))
	}
}

// TestRoundTripJSON: what is written as JSON is read as the same record.
func TestRoundTripJSON(t *testing.T) {
	for _, name := range record.Names {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := drawn(t, name)
			back, issues := json.Decode(name, record.JSON(r), nil)
			if diff := cmp.Diff(r, back); diff != "" || issues != nil {
				t.Fatalf("came back different (-sent +back):\n%s\n%v", diff, issues)
			}
		}))
	}
}

// TestRoundTripCSV: what is written as rows is read as the same record, but for
// the fields that only JSON has.
func TestRoundTripCSV(t *testing.T) {
	for _, name := range record.Names {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := drawn(t, name)
			clearJSONOnly(record.SchemaOf(name), reflect.ValueOf(r).Elem())
			switch r := r.(type) {
			case *record.Authorization:
				r.Items = r.Items[:1]
			case *record.PayerDecision:
				r.Items = r.Items[:1]
			}
			r.Fill()
			file := append(csv.Header(name), csv.Rows(r)...)
			parts := 0
			for part, err := range csv.Split(bytes.NewReader(file), name, nil) {
				if err != nil || part.Issues != nil {
					t.Fatal(err, part.Issues)
				}
				parts++
				back, issues := csv.Decode(name, part.Body, part.Row, nil, nil)
				if diff := cmp.Diff(r, back); diff != "" || issues != nil {
					t.Fatalf("came back different (-sent +back):\n%s\n%v\n%s", diff, issues, file)
				}
			}
			if parts != 1 {
				t.Fatalf("%d parts of one record:\n%s", parts, file)
			}
		}))
	}
}

func clearJSONOnly(s *record.Schema, v reflect.Value) {
	for _, f := range s.Fields {
		switch field := f.Of(v); {
		case f.CSV == "-":
			field.SetZero()
		case f.Shape == record.Many:
			for i := range field.Len() {
				clearJSONOnly(f.Elem, field.Index(i))
			}
		case f.Shape == record.One && !field.IsNil():
			clearJSONOnly(f.Elem, field.Elem())
		}
	}
}

// TestTablesReadBack: every code of every table survives the way to FHIR and
// back, and no spelling means two codes.
func TestTablesReadBack(t *testing.T) {
	for _, name := range codes.Names() {
		table := codes.Get(name)
		seen := map[string]string{}
		for _, c := range table.Codes {
			if back, ok := table.Reverse(c.InFHIR()); !ok || back.Code != c.Code {
				t.Errorf("%s: %s comes back as %q", name, c.Code, back.Code)
			}
			for _, word := range append([]string{c.Code}, c.Also...) {
				if other, taken := seen[strings.ToLower(word)]; taken {
					t.Errorf("%s: %q means %s and %s", name, word, other, c.Code)
				}
				seen[strings.ToLower(word)] = c.Code
			}
		}
	}
}
