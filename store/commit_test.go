package store_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

const memberSystem = "http://throughline.example/sid/medicaid"

func policy() store.Policy {
	return store.Policy{
		MemberSystem: memberSystem,
		Caller: func(p gateway.PartnerID) gateway.Caller {
			return caller(string(p))
		},
		Authority: func(p gateway.PartnerID, _ gateway.Relation) bool { return p == "state" },
	}
}

func caller(partner string) gateway.Caller {
	c := gateway.Caller{Partner: gateway.PartnerID(partner), Scopes: []string{"partner:" + partner}}
	switch partner {
	case "clinic-b":
		c.Scopes = append(c.Scopes, gateway.ScopeIdentifier(gateway.Identifier{System: gateway.NPI, Value: "1234567893"}))
	case "mco-a":
		c.Scopes = append(c.Scopes, gateway.ScopePayer("MCOA"))
	case "state":
		c.Scopes = append(c.Scopes, gateway.ScopeProgram("wraparound"))
		c.Labels = gateway.LabelMask([]string{"*"})
	}
	return c
}

func each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		s.Policy = policy()
		f(t, s)
	})
}

var ids struct {
	sync.Mutex
	n int
}

func message(partner, key string, changes ...gateway.Change) *gateway.Receipt {
	ids.Lock()
	ids.n++
	id := fmt.Sprintf("m%06d", ids.n)
	ids.Unlock()
	body := []byte(id)
	if key != "" {
		body = []byte(key)
	}
	return &gateway.Receipt{State: gateway.Accepted, Mapped: gateway.Mapped{Changes: changes},
		Message: &gateway.Message{ID: gateway.MessageID(id), Partner: gateway.PartnerID(partner), Channel: "fhir", Key: key, Body: body, Received: time.Unix(1, 0)},
		Reply:   func(r *gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201, Effect: 1} }}
}

func create(t *testing.T, json string) gateway.Change {
	t.Helper()
	r, issues := fhir.Parse([]byte(json), fhir.Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	return gateway.Change{Op: gateway.Create, Type: r.Type, Resource: r}
}

func patient(member string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":%q,"value":%q}],"name":[{"family":"Sample"}]}`, memberSystem, member)
}

func plan(subject string) string {
	return fmt.Sprintf(`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Plan","subject":{"reference":%q},"period":{"start":"2026-01-01","end":"2026-06-30"}}`, subject)
}

func commit(t *testing.T, s *store.Store, r *gateway.Receipt) *gateway.Receipt {
	t.Helper()
	out, err := s.Commit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func code(err error) gateway.Code {
	if err == nil {
		return ""
	}
	return gateway.FaultOf(err).Code
}

func query(t testing.TB, typ, values string) *search.Query {
	t.Helper()
	v, err := url.ParseQuery(values)
	if err != nil {
		t.Fatal(err)
	}
	q, issues := search.Parse(typ, v, search.Options{Strict: true})
	if issues.Errors() {
		t.Fatal(issues)
	}
	return q
}

func find(t *testing.T, s *store.Store, partner, typ, values string) []string {
	t.Helper()
	page, err := s.Search(context.Background(), caller(partner), query(t, typ, values))
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, m := range page.Matches {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestCommitKeepsBytesApartFromIdMetaAndReferences(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		out := commit(t, s, message("clinic-a", "", p, create(t, plan(p.FullURL))))
		got, err := s.Read(context.Background(), caller("clinic-a"), "CarePlan", out.Effects[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"resourceType":"CarePlan","id":%q,"meta":{"versionId":"1","lastUpdated":%q},"status":"active","intent":"plan","title":"Plan","subject":{"reference":"Patient/%s"},"period":{"start":"2026-01-01","end":"2026-06-30"}}`,
			out.Effects[1].ID, out.Effects[1].Updated.Format("2006-01-02T15:04:05.000Z07:00"), out.Effects[0].ID)
		if diff := cmp.Diff(want, string(got.JSON)); diff != "" {
			t.Error(diff)
		}
		if out.Effects[0].ID[:2] != out.Effects[1].ID[:2] {
			t.Error("a child's resources live in one bucket")
		}
	})
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		first := commit(t, s, message("clinic-a", "k1", create(t, patient("M1"))))
		again := commit(t, s, message("clinic-a", "k1", create(t, patient("M1"))))
		if !again.Repeat || again.Message.ID != first.Message.ID || string(again.Effects[0].JSON) != string(first.Effects[0].JSON) {
			t.Errorf("repeat: %+v", again)
		}
		other := message("clinic-a", "k1", create(t, patient("M1")))
		other.Message.Body = []byte("other")
		if _, err := s.Commit(context.Background(), other); code(err) != gateway.Conflict {
			t.Errorf("same key, other content: %v", err)
		}
		if n := len(find(t, s, "clinic-a", "Patient", "")); n != 1 {
			t.Errorf("%d patients", n)
		}
	})
}

func TestManyClientsOneMessage(t *testing.T) { // F8, small
	each(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		answers := make([]string, 64)
		for i := range answers {
			r := message("clinic-a", "same", create(t, patient("M1")))
			wg.Go(func() {
				out, err := s.Commit(context.Background(), r)
				if err != nil {
					t.Error(err)
					return
				}
				answers[i] = string(out.Message.ID) + string(out.Effects[0].JSON)
			})
		}
		wg.Wait()
		for _, a := range answers {
			if a != answers[0] {
				t.Fatal("two answers to one message")
			}
		}
		if n := len(find(t, s, "clinic-a", "Patient", "")); n != 1 {
			t.Errorf("%d effects", n)
		}
	})
}

func TestConditionalCreateInParallelMakesOne(t *testing.T) { // F10
	each(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		verbs := map[gateway.Verb]int{}
		for range 64 {
			c := create(t, patient("M1"))
			c.Where = query(t, "Patient", "identifier="+url.QueryEscape(memberSystem+"|M1"))
			r := message("clinic-a", "", c)
			wg.Go(func() {
				out, err := s.Commit(context.Background(), r)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				verbs[out.Effects[0].Verb]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if verbs[gateway.Created] != 1 || verbs[gateway.Unchanged] != 63 {
			t.Errorf("%v", verbs)
		}
	})
}

func TestOtherIsAbsent(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		out := commit(t, s, message("clinic-a", "", p, create(t, plan(p.FullURL))))
		_, other := s.Read(ctx, caller("clinic-b"), "CarePlan", out.Effects[1].ID)
		_, absent := s.Read(ctx, caller("clinic-b"), "CarePlan", "00ffffffffffffffffffffffff")
		if code(other) != gateway.NotFound || other.Error() != absent.Error() {
			t.Errorf("other %v, absent %v", other, absent)
		}
		// A second clinic's own word about a child others hold shows it nothing.
		q := create(t, patient("M1"))
		q.FullURL = p.FullURL
		rel := gateway.Relation{Subject: q.FullURL, Scope: caller("clinic-b").Scopes[1], Why: "team"}
		mine := message("clinic-b", "", q)
		mine.Mapped.Relations = []gateway.Relation{rel}
		own := commit(t, s, mine)
		if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != 0 {
			t.Errorf("clinic-b sees %v", got)
		}
		if got := find(t, s, "clinic-b", "Patient", ""); !cmp.Equal(got, []string{own.Effects[0].ID}) {
			t.Errorf("clinic-b sees patients %v", got)
		}
		// The clinic that serves the child names it: now it does.
		named := message("clinic-a", "", create(t, plan("Patient/"+out.Effects[0].ID)))
		named.Mapped.Relations = []gateway.Relation{{Subject: "Patient/" + out.Effects[0].ID, Scope: caller("clinic-b").Scopes[1], Why: "team"}}
		commit(t, s, named)
		if got := find(t, s, "clinic-b", "CarePlan", "patient=Patient/"+own.Effects[0].ID); len(got) != 2 {
			t.Errorf("after the team named clinic-b it sees %v", got)
		}
	})
}

func TestAnMCOSeesThePeriodOfItsEnrollment(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		late := create(t, `{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"`+p.FullURL+`"},"period":{"start":"2027-01-01"}}`)
		r := message("clinic-a", "", p, create(t, plan(p.FullURL)), late)
		lo, _ := time.Parse(time.DateOnly, "2026-01-01")
		r.Mapped.Relations = []gateway.Relation{{Subject: p.FullURL, Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "MCOA||2026-01-01", Lo: ledger.DayOf(lo), Hi: ledger.DayOf(lo) + 364}}
		out := commit(t, s, r)
		if got := find(t, s, "mco-a", "CarePlan", ""); !cmp.Equal(got, []string{out.Effects[1].ID}) {
			t.Errorf("mco-a sees %v", got)
		}
	})
}

func TestUpdateDeleteHistory(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, me := context.Background(), caller("clinic-a")
		out := commit(t, s, message("clinic-a", "", create(t, patient("M1"))))
		id := out.Effects[0].ID
		next := create(t, patient("M2"))
		next.Op, next.ID, next.IfMatch = gateway.Update, id, 1
		commit(t, s, message("clinic-a", "", next))
		if _, err := s.Commit(ctx, message("clinic-a", "", next)); code(err) != gateway.Mismatch {
			t.Errorf("stale If-Match: %v", err)
		}
		if got := find(t, s, "clinic-a", "Patient", "identifier="+memberSystem+"|M1"); len(got) != 0 {
			t.Errorf("found by its old identifier: %v", got)
		}
		old, err := s.ReadVersion(ctx, me, "Patient", id, 1)
		if err != nil || string(old.JSON) != string(out.Effects[0].JSON) {
			t.Errorf("version 1: %v", err)
		}
		commit(t, s, message("clinic-a", "", gateway.Change{Op: gateway.Delete, Type: "Patient", ID: id}))
		if _, err := s.Read(ctx, me, "Patient", id); code(err) != gateway.Gone {
			t.Errorf("deleted: %v", err)
		}
		page, err := s.History(ctx, me, "Patient", id, "", 2)
		if err != nil || len(page.Matches) != 2 || page.Matches[0].Verb != gateway.Deleted || page.Next == "" {
			t.Fatalf("history: %+v %v", page, err)
		}
		page, err = s.History(ctx, me, "Patient", id, page.Next, 2)
		if err != nil || len(page.Matches) != 1 || page.Matches[0].Version != 1 {
			t.Errorf("second page: %+v %v", page, err)
		}
		if _, err := s.Commit(ctx, message("clinic-b", "", gateway.Change{Op: gateway.Delete, Type: "Patient", ID: id})); code(err) != gateway.NotFound {
			t.Errorf("another's delete: %v", err)
		}
	})
}

func TestUpsertAndOwnReferences(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, `{"resourceType":"Patient","id":"ehr-7","identifier":[{"system":"`+memberSystem+`","value":"M1"}]}`)
		p.Op, p.Key = gateway.Upsert, gateway.Identifier{System: "urn:a", Value: "7"}
		p.SourceID = "Patient/ehr-7"
		one := commit(t, s, message("clinic-a", "", p))
		two := commit(t, s, message("clinic-a", "", p))
		if two.Effects[0].Verb != gateway.Unchanged || two.Effects[0].ID != one.Effects[0].ID {
			t.Errorf("same content again: %+v", two.Effects[0])
		}
		out := commit(t, s, message("clinic-a", "", create(t, plan("Patient/ehr-7"))))
		if got := find(t, s, "clinic-a", "CarePlan", "patient=Patient/"+one.Effects[0].ID); !cmp.Equal(got, []string{out.Effects[0].ID}) {
			t.Errorf("by patient: %v", got)
		}
		if got := find(t, s, "clinic-a", "CarePlan", "patient=ehr-7"); !cmp.Equal(got, []string{out.Effects[0].ID}) {
			t.Errorf("by the sender's own id: %v", got)
		}
		if got := find(t, s, "clinic-a", "CarePlan", "patient.identifier="+memberSystem+"|M1&status=active&date=ge2026-02"); len(got) != 1 {
			t.Errorf("by chain: %v", got)
		}
	})
}

func TestPagesMeetEveryRowOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		want := map[string]bool{}
		for i := range 25 {
			want[commit(t, s, message("clinic-a", "", create(t, patient(fmt.Sprint("M", i))))).Effects[0].ID] = true
		}
		for _, order := range []string{"", "&_sort=-_lastUpdated"} {
			got, page := map[string]bool{}, ""
			for {
				p, err := s.Search(context.Background(), caller("clinic-a"), query(t, "Patient", "_count=7"+order+page))
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range p.Matches {
					if got[m.ID] {
						t.Error("met twice")
					}
					got[m.ID] = true
				}
				if p.Next == "" {
					break
				}
				page = "&_page=" + p.Next
			}
			if !cmp.Equal(got, want) {
				t.Errorf("%d of %d", len(got), len(want))
			}
		}
	})
}

func TestHeldIsKept(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		r := message("clinic-a", "k")
		r.State, r.Fault = gateway.Held, gateway.Faultf("map", gateway.Unmapped, fhir.Issue{Code: "not-supported", Found: "json/none"})
		out := commit(t, s, r)
		got, err := s.Receipt(context.Background(), caller("clinic-a"), out.Message.ID)
		if err != nil || got.State != gateway.Held || got.Fault.Code != gateway.Unmapped || string(got.Message.Body) != "k" {
			t.Fatalf("%+v %v", got, err)
		}
		if _, err := s.Receipt(context.Background(), caller("clinic-b"), out.Message.ID); code(err) != gateway.NotFound {
			t.Errorf("another's message: %v", err)
		}
		got.State, got.Fault, got.Mapped.Changes = gateway.Accepted, nil, []gateway.Change{create(t, patient("M1"))}
		if _, err := s.Recommit(context.Background(), got); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recommit(context.Background(), got); code(err) != gateway.Mismatch {
			t.Errorf("replayed from a stale receipt: %v", err)
		}
		if n := len(find(t, s, "clinic-a", "Patient", "")); n != 1 {
			t.Errorf("%d patients", n)
		}
	})
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		token, err := s.MintToken(ctx, "clinic-a", "test", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := s.Authenticate(ctx, token); p != "clinic-a" || err != nil {
			t.Error(p, err)
		}
		if _, err := s.Authenticate(ctx, token+"x"); code(err) != gateway.Denied {
			t.Error(err)
		}
		now := s.Now
		s.Now = func() time.Time { return now().Add(2 * time.Hour) }
		if _, err := s.Authenticate(ctx, token); code(err) != gateway.Denied {
			t.Error("expired:", err)
		}
	})
}

func TestWhoLeavesTheTeamSeesNothingMore(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		commit(t, s, message("clinic-a", "", p, create(t, plan(p.FullURL))))
		team := func(title string, members ...string) {
			c := create(t, `{"resourceType":"CareTeam","name":"`+title+`","subject":{"identifier":{"system":"`+memberSystem+`","value":"M1"}}}`)
			c.Op, c.Key = gateway.Upsert, gateway.Identifier{System: "urn:team", Value: "T1"}
			r := message("clinic-a", "", c)
			for _, scope := range members {
				r.Mapped.Relations = append(r.Mapped.Relations, gateway.Relation{Member: gateway.Identifier{System: memberSystem, Value: "M1"}, Scope: scope, Why: "team", Ref: "T1/m"})
			}
			commit(t, s, r)
		}
		team("with clinic-b", caller("clinic-b").Scopes[1])
		if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != 1 {
			t.Errorf("on the team: %v", got)
		}
		team("without")
		if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != 0 {
			t.Errorf("after leaving: %v", got)
		}
	})
}

func TestAReferralReachesItsReceiver(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		task := create(t, `{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"`+p.FullURL+`"},"owner":{"identifier":{"system":"`+gateway.NPI+`","value":"1234567893"}}}`)
		out := commit(t, s, message("clinic-a", "", p, create(t, plan(p.FullURL)), task))
		if got := find(t, s, "clinic-b", "Task", ""); !cmp.Equal(got, []string{out.Effects[2].ID}) {
			t.Errorf("the receiver sees tasks %v", got)
		}
		if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != 0 {
			t.Errorf("before accepting it sees plans %v", got)
		}
		accept := create(t, `{"resourceType":"Task","status":"accepted","intent":"order","for":{"reference":"Patient/`+out.Effects[0].ID+`"},"owner":{"identifier":{"system":"`+gateway.NPI+`","value":"1234567893"}}}`)
		accept.Op, accept.ID, accept.IfMatch = gateway.Update, out.Effects[2].ID, 1
		commit(t, s, message("clinic-b", "", accept))
		if got := find(t, s, "clinic-a", "Task", "status=accepted"); len(got) != 1 {
			t.Errorf("the requester sees %v", got)
		}
		if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != 1 {
			t.Errorf("after accepting it sees plans %v", got)
		}
	})
}

func TestASendersOwnIds(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		put := func(partner, body string, match int64) (*gateway.Receipt, error) {
			c := create(t, body)
			c.Op, c.ID, c.IfMatch = gateway.Update, "own-1", match
			return s.Commit(ctx, message(partner, "", c))
		}
		first, err := put("clinic-a", patient("M1"), 0)
		if err != nil || first.Effects[0].Verb != gateway.Created {
			t.Fatal(first, err)
		}
		second, err := put("clinic-a", patient("M2"), 1)
		if err != nil || second.Effects[0].ID != first.Effects[0].ID || second.Effects[0].Version != 2 {
			t.Errorf("again: %+v %v", second, err)
		}
		if _, err := put("clinic-b", patient("M3"), 1); code(err) != gateway.Mismatch {
			t.Errorf("If-Match on what is not there: %v", err)
		}
		other, err := put("clinic-b", patient("M3"), 0)
		if err != nil || other.Effects[0].ID == first.Effects[0].ID || other.Effects[0].Verb != gateway.Created {
			t.Errorf("another's own id: %+v %v", other, err)
		}
		got, err := s.Read(ctx, caller("clinic-a"), "Patient", "own-1")
		if err != nil || got.ID != first.Effects[0].ID {
			t.Errorf("read by own id: %+v %v", got, err)
		}
		commit(t, s, message("clinic-a", "", gateway.Change{Op: gateway.Delete, Type: "Patient", ID: "own-1"}))
		if _, err := s.Read(ctx, caller("clinic-a"), "Patient", "own-1"); code(err) != gateway.Gone {
			t.Errorf("deleted: %v", err)
		}
	})
}

func TestOwnIdsInParallelMakeOne(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		for range 16 {
			c := create(t, patient("M1"))
			c.Op, c.ID = gateway.Update, "own-1"
			r := message("clinic-a", "", c)
			wg.Go(func() {
				if _, err := s.Commit(context.Background(), r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := find(t, s, "clinic-a", "Patient", ""); len(got) != 1 {
			t.Errorf("%d patients", len(got))
		}
	})
}

func TestLabelsNeedAConsent(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		labeled := create(t, strings.Replace(plan(p.FullURL), `"status"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"SUD"}]},"status"`, 1))
		relate := func(why string, lo, hi ledger.Day) gateway.Relation {
			return gateway.Relation{Member: gateway.Identifier{System: memberSystem, Value: "M1"}, Scope: caller("clinic-b").Scopes[1], Why: why, Ref: "r", Lo: lo, Hi: hi}
		}
		sees := func(want int) {
			t.Helper()
			if got := find(t, s, "clinic-b", "CarePlan", ""); len(got) != want {
				t.Errorf("clinic-b sees %d plans, want %d", len(got), want)
			}
		}
		say := func(rel gateway.Relation) {
			r := message("clinic-a", "", create(t, plan("Patient/none")))
			r.Mapped.Relations = []gateway.Relation{rel}
			commit(t, s, r)
		}
		commit(t, s, message("clinic-a", "", p, labeled, create(t, plan(p.FullURL))))
		say(relate("consent", 0, 0))
		sees(0) // consent alone relates nobody
		say(relate("team", 0, 0))
		sees(2)
		say(relate("consent", 1, 0)) // withdrawn
		sees(1)
	})
}
