package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// child is a Patient by its ids and vitals: "M1" is a member id, "r1" a record
// number of the sender's own.
func child(t *testing.T, given, birth string, ids ...string) gateway.Change {
	t.Helper()
	var list []string
	for _, id := range ids {
		system := memberSystem
		if id[0] == 'r' {
			system = "urn:test:mrn"
		}
		list = append(list, fmt.Sprintf(`{"system":%q,"value":%q}`, system, id))
	}
	vitals := ""
	if given != "" {
		vitals += fmt.Sprintf(`,"name":[{"family":"Sample","given":[%q]}]`, given)
	}
	if birth != "" {
		vitals += fmt.Sprintf(`,"birthDate":%q`, birth)
	}
	c := create(t, fmt.Sprintf(`{"resourceType":"Patient","identifier":[%s]%s}`, strings.Join(list, ","), vitals))
	c.FullURL = "urn:uuid:0000"
	return c
}

// mrnChange is Patient by its record number: a repeat updates it.
func byRecord(t *testing.T, partner, given, birth string, ids ...string) gateway.Change {
	c := child(t, given, birth, ids...)
	c.Op, c.Key = gateway.Upsert, gateway.Identifier{System: partner + "|mrn", Value: ids[0]}
	return c
}

// twinOf gives a change the key of another record of the same sender, as one has
// that keys its Patients by the member id.
func twinOf(c gateway.Change, record string) gateway.Change {
	c.Alias = []gateway.Identifier{{System: c.Key.System, Value: record}}
	return c
}

// personOf is the person of the first effect.
func personOf(r *gateway.Receipt) string {
	if len(r.Effects) == 0 {
		return ""
	}
	return r.Effects[0].Person
}

// groups tells which of the ids name one person: "M1 r1; M2".
func groups(t *testing.T, s *store.Store, ids ...string) string {
	t.Helper()
	people := map[string][]string{}
	var order []string
	for _, id := range ids {
		system := memberSystem
		if partner, _, own := strings.Cut(id, "|r"); own {
			system, id = partner+"|urn:test:mrn", id[len(partner)+1:]
		}
		p := s.PersonOf(t, gateway.Identifier{System: system, Value: id})
		if len(people[p]) == 0 {
			order = append(order, p)
		}
		people[p] = append(people[p], id)
	}

	var out []string
	for _, p := range order {
		slices.Sort(people[p])
		out = append(out, strings.Join(people[p], " "))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func wantGroups(t *testing.T, s *store.Store, want string, ids ...string) {
	t.Helper()
	if got := groups(t, s, ids...); got != want {
		t.Errorf("persons %q, want %q", got, want)
	}
}

// A child first known by a record number and elsewhere by its member id is one
// once a message carries both, with all that hung on either.
func TestIdsAreJoinedLater(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		first := child(t, "Ada", "2013-05-14", "r1")
		plan := create(t, plan("urn:uuid:0000"))
		local := commit(t, s, message("clinic-a", "", first, plan))
		commit(t, s, message("state", "", child(t, "Ada", "2013-05-14", "M1")))
		wantGroups(t, s, "M1; r1", "M1", "clinic-a|r1")
		both := commit(t, s, message("clinic-a", "", child(t, "Ada", "2013-05-14", "r1", "M1")))
		if both.State != gateway.Accepted {
			t.Fatalf("%s %v", both.State, both.Fault)
		}
		wantGroups(t, s, "M1 r1", "M1", "clinic-a|r1")
		if personOf(both) == personOf(local) {
			t.Error("the person without a trusted id survived")
		}
		page, err := s.Search(context.Background(), caller("clinic-a"), query(t, "CarePlan", "patient=Patient/"+both.Effects[0].ID))
		if err != nil || len(page.Matches) != 1 {
			t.Errorf("%d plans found under the member id, %v", len(page.Matches), err)
		}
	})
}

// Joining is no way to see a child that others serve.
func TestJoiningOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		theirs := commit(t, s, message("clinic-b", "", child(t, "Ada", "2013-05-14", "M1"), create(t, plan("urn:uuid:0000"))))
		commit(t, s, message("clinic-a", "", child(t, "", "", "r1")))
		if r := commit(t, s, message("clinic-a", "", child(t, "", "", "r1", "M1"))); r.State != gateway.Accepted {
			t.Fatal(r.Fault)
		}
		wantGroups(t, s, "M1 r1", "M1", "clinic-a|r1")
		if _, err := s.Read(context.Background(), caller("clinic-a"), "CarePlan", theirs.Effects[1].ID); code(err) != gateway.NotFound {
			t.Errorf("clinic-a reads the plan of clinic-b: %v", err)
		}
		if _, err := s.Read(context.Background(), caller("clinic-b"), "CarePlan", theirs.Effects[1].ID); err != nil {
			t.Errorf("clinic-b lost its own: %v", err)
		}
		// A40 over a child that the sender does not serve waits for a human.
		commit(t, s, message("clinic-a", "", child(t, "", "", "r2")))
		m := message("clinic-a", "", child(t, "", "", "r2"))
		m.Mapped.Merges = []gateway.Merge{{From: gateway.Identifier{System: memberSystem, Value: "M1"}, Into: gateway.Identifier{System: "urn:test:mrn", Value: "r2"}}}
		if r := commit(t, s, m); r.State != gateway.Held || r.Fault.Code != gateway.Ambiguous {
			t.Errorf("%s %v", r.State, r.Fault)
		}
		wantGroups(t, s, "M1; r2", "M1", "clinic-a|r2")
	})
}

// Messages in doubt are held, have changed nothing, and wait in the queue.
func TestDoubt(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, message("clinic-a", "", byRecord(t, "clinic-a", "Ada", "2013-05-14", "r1", "M1")))
		commit(t, s, message("clinic-a", "", byRecord(t, "clinic-a", "Ben", "2013-05-14", "r2", "M2")))
		for name, c := range map[string]struct {
			partner string
			change  gateway.Change
			held    bool
		}{
			"ids of two children":               {"clinic-a", child(t, "Ada", "2013-05-14", "r1", "M2"), true},
			"two member ids":                    {"state", child(t, "", "", "M1", "M2"), true},
			"the twin's member id":              {"clinic-b", child(t, "Ben", "2013-05-14", "r9", "M1"), true},
			"a sibling's member id":             {"clinic-b", child(t, "Cleo", "2015-01-01", "r8", "M1"), true},
			"a twin under the sender's own key": {"clinic-a", twinOf(byRecord(t, "clinic-a", "Ben", "2013-05-14", "r4", "M1"), "r1"), true},
			"another birth date":                {"state", child(t, "Ada", "2012-05-14", "M1"), true},
			"the same":                          {"state", child(t, "ADA", "2013-05-14", "M1"), false},
			"a short name and the year":         {"clinic-b", child(t, "Ada Mae", "2013", "r7", "M1"), false},
			"nothing but the id":                {"mco-a", child(t, "", "", "M1"), false},
			"a twin with an id of its own":      {"clinic-a", child(t, "Cara", "2013-05-14", "r3"), false},
			"its sender corrects a birthday":    {"clinic-a", byRecord(t, "clinic-a", "Ben", "2013-05-15", "r2", "M2"), false},
			"the same name, another child":      {"clinic-b", child(t, "Ada", "2013-05-14", "r6"), false},
			"the record number of elsewhere":    {"clinic-b", child(t, "Zoe", "2009-01-01", "r1"), false},
			"a member id nobody has met":        {"clinic-b", child(t, "Zoe", "2009-01-01", "M7"), false},
		} {
			before := groups(t, s, "M1", "M2", "clinic-a|r1", "clinic-a|r2")
			r := commit(t, s, message(c.partner, "", c.change))
			if held := r.State == gateway.Held; held != c.held || held && (r.Fault == nil || r.Fault.Code != gateway.Ambiguous || len(r.Effects) > 0) {
				t.Errorf("%s: %s %v, %d effects", name, r.State, r.Fault, len(r.Effects))
			}
			list, err := s.Reviews(context.Background(), false)
			if err != nil || slices.ContainsFunc(list, func(v store.Review) bool { return v.Message == r.Message.ID }) != c.held {
				t.Errorf("%s: in the queue: %v %v", name, list, err)
			}
			if after := groups(t, s, "M1", "M2", "clinic-a|r1", "clinic-a|r2"); after != before {
				t.Errorf("%s: persons %q, before %q", name, after, before)
			}
		}
	})
}

// again replays a held message as the gateway does.
func again(t *testing.T, s *store.Store, r *gateway.Receipt) *gateway.Receipt {
	t.Helper()
	next := *r
	next.State, next.Fault, next.Effects = gateway.Accepted, nil, nil
	out, err := s.Recommit(context.Background(), &next)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHumansDecide(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, message("clinic-a", "", child(t, "Ada", "2013-05-14", "r1", "M1")))
		twin := message("clinic-b", "", child(t, "Ben", "2013-05-14", "r5", "M1"))
		twin.Mapped.Facts.Lines = []gateway.LineFact{{Member: gateway.Identifier{System: memberSystem, Value: "M1"}, Line: ledger.Line{ID: "L1", Code: "H2021", Units: ledger.Decimal{Coef: 1}}}}
		held := commit(t, s, twin)
		if r := again(t, s, held); r.State != gateway.Held {
			t.Fatalf("applied without a decision: %s", r.State)
		}
		held.Generation++
		held.Mapped = twin.Mapped
		review, err := s.Review(ctx, string(held.Message.ID))
		if err != nil || review.Cause == "" {
			t.Fatal(review, err)
		}
		cards, err := s.People(ctx, review.Persons)
		if err != nil || len(cards) != 1 || len(cards[0].Identifiers) != 2 || !slices.Equal(cards[0].BirthDates, []string{"2013-05-14"}) {
			t.Errorf("shown: %+v %v", cards, err)
		}
		if _, err := s.SeparatePeople(ctx, review.ID, "", "ops"); code(err) != gateway.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := s.SeparatePeople(ctx, review.ID, "the clinic says they are twins", "ops"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.LinkPeople(ctx, review.ID, "second thoughts", "ops"); code(err) != gateway.Conflict {
			t.Errorf("decided twice: %v", err)
		}
		applied := again(t, s, held)
		if applied.State != gateway.Accepted {
			t.Fatal(applied.Fault)
		}
		wantGroups(t, s, "M1; r5", "M1", "clinic-b|r5")
		c, err := s.CaseOf(ctx, caller("clinic-a"), gateway.Identifier{System: memberSystem, Value: "M1"})
		if err != nil || len(c.Lines) != 0 {
			t.Errorf("the twin's service is on the other child: %+v %v", c, err)
		}
		// The same combination is understood from now on.
		if r := commit(t, s, message("clinic-b", "", child(t, "Ben", "2013-05-14", "r5", "M1"))); r.State != gateway.Accepted || personOf(r) != personOf(applied) {
			t.Errorf("%s %v, person %s, want %s", r.State, r.Fault, personOf(r), personOf(applied))
		}

		// And a link joins.
		commit(t, s, message("clinic-b", "", child(t, "Dora", "2010-01-01", "r6", "M6")))
		held = commit(t, s, message("state", "", child(t, "Dora", "2010-01-01", "M6", "M66")))
		if held.State != gateway.Accepted { // a second member id of one child is nothing to doubt
			t.Fatal(held.Fault)
		}
		commit(t, s, message("state", "", child(t, "Dora", "2010-01-01", "M67")))
		both := message("state", "", child(t, "Dora", "2010-01-01", "M6", "M67"))
		held = commit(t, s, both)
		if held.State != gateway.Held {
			t.Fatal("two member ids of two persons were joined")
		}
		held.Mapped = both.Mapped
		if _, err := s.LinkPeople(ctx, string(held.Message.ID), "the state renumbered", "ops"); err != nil {
			t.Fatal(err)
		}
		if r := again(t, s, held); r.State != gateway.Accepted {
			t.Fatal(r.Fault)
		}
		wantGroups(t, s, "M6 M66 M67 r6", "M6", "M66", "M67", "clinic-b|r6")
	})
}

// A twin told apart does not write over the other one's Patient, though its
// sender keys them alike.
func TestTwinsToldApartHaveTheirOwnPatient(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *store.Store) {
		keyed := func(given, record string) gateway.Change {
			return twinOf(byRecord(t, "clinic-a", given, "2013-05-14", record, "M1"), "M1")
		}
		ada := commit(t, s, message("clinic-a", "", keyed("Ada", "r1")))
		m := message("clinic-a", "", keyed("Ben", "r2"))
		held := commit(t, s, m)
		if held.State != gateway.Held {
			t.Fatal("the twin was taken for the other")
		}
		held.Mapped = m.Mapped
		if _, err := s.SeparatePeople(ctx, string(held.Message.ID), "twins", "ops"); err != nil {
			t.Fatal(err)
		}
		ben := again(t, s, held)
		if ben.State != gateway.Accepted || ben.Effects[0].ID == ada.Effects[0].ID || personOf(ben) == personOf(ada) {
			t.Fatalf("%s %v: %+v", ben.State, ben.Fault, ben.Effects)
		}
		stored, err := s.Read(ctx, caller("clinic-a"), "Patient", ada.Effects[0].ID)
		if err != nil || !strings.Contains(string(stored.JSON), "Ada") || stored.Version != 1 {
			t.Errorf("Ada is %s %v", stored.JSON, err)
		}
	})
}

// A40: records, facts and relations are found under the survivor, both ids name
// it, and the ledger's past stays as it was.
func TestMergeMovesAll(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *store.Store) {
		member := func(id string) gateway.Identifier { return gateway.Identifier{System: "urn:test:mrn", Value: id} }
		old := message("clinic-a", "", child(t, "Ada", "2013-05-14", "r1"), create(t, plan("urn:uuid:0000")))
		old.Mapped.Facts = gateway.Facts{
			Lines: []gateway.LineFact{{Member: member("r1"), Line: ledger.Line{ID: "L1", Code: "H2021", Units: ledger.Decimal{Coef: 4}}}},
			Auths: []gateway.AuthFact{{Member: member("r1"), Auth: ledger.Auth{ID: "A1", Code: "H2021", Units: 20}}},
			Spans: []gateway.SpanFact{{Member: member("r1"), Span: ledger.Span{Payer: "MCOA", Program: "wraparound", Start: 100, End: 900}}},
		}
		old.Mapped.Relations = []gateway.Relation{{Subject: "urn:uuid:0000", Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "MCOA", Lo: 1, Hi: ledger.Forever}}
		first := commit(t, s, old)
		commit(t, s, message("clinic-a", "", child(t, "Ada", "2013-05-14", "r2")))
		known, err := s.Known(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m := message("clinic-a", "", child(t, "Ada", "2013-05-14", "r2"))
		m.Mapped.Merges = []gateway.Merge{{From: member("r1"), Into: member("r2")}}
		merged := commit(t, s, m)
		if merged.State != gateway.Accepted {
			t.Fatal(merged.Fault)
		}
		wantGroups(t, s, "r1 r2", "clinic-a|r1", "clinic-a|r2")
		for _, who := range []string{"clinic-a", "mco-a"} {
			if _, err := s.Read(ctx, caller(who), "CarePlan", first.Effects[1].ID); err != nil {
				t.Errorf("%s reads the plan: %v", who, err)
			}
		}
		for _, id := range []string{"r1", "r2"} {
			c, err := s.CaseOf(ctx, caller("clinic-a"), member(id))
			if err != nil {
				t.Fatal(err)
			}
			if c.Member != personOf(merged) || inForce(c) != "L1 A1 MCOA" {
				t.Errorf("%s: %s has %q", id, c.Member, inForce(c))
			}
		}
		// As it was known before: still the other's.
		past, err := s.CaseOfLine(ctx, nil, "clinic-a", "L1", known)
		if err != nil || past.Member != personOf(first) || len(past.Spans) != 1 || past.Spans[0].End != 900 {
			t.Errorf("the past: %+v %v", past, err)
		}
		// A repeat of the same merge changes nothing.
		again := message("clinic-a", "", child(t, "Ada", "2013-05-14", "r2"))
		again.Mapped.Merges = m.Mapped.Merges
		if r := commit(t, s, again); r.State != gateway.Accepted || personOf(r) != personOf(merged) {
			t.Errorf("again: %s %s", r.State, personOf(r))
		}
	})
}

// inForce names the facts that are the member's own and stand.
func inForce(c *ledger.Case) string {
	var out []string
	for _, l := range c.Lines {
		if !l.Foreign {
			out = append(out, l.ID)
		}
	}
	for _, a := range c.Auths {
		if !a.Foreign {
			out = append(out, a.ID)
		}
	}
	for _, sp := range c.Spans {
		if sp.End >= sp.Start {
			out = append(out, sp.Payer)
		}
	}
	return strings.Join(out, " ")
}

// What waits to be sent waits for the survivor, in its order.
func TestMergeMovesLanes(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		s := w.s
		gone := commit(t, s, message("clinic-a", "", child(t, "", "", "r1"), create(t, plan("urn:uuid:0000"))))
		kept := commit(t, s, message("clinic-a", "", child(t, "", "", "r2"), create(t, plan("urn:uuid:0000"))))
		var plans []gateway.Plan
		for i, r := range []*gateway.Receipt{gone, kept, gone} {
			plans = append(plans, gateway.Plan{Message: r.Message.ID, Generation: r.Generation, Deliveries: []gateway.Delivery{{ID: gateway.DeliveryID(fmt.Sprint("d", i)), Key: fmt.Sprint("k", i),
				Message: r.Message.ID, Lane: gateway.Lane{Partner: "clinic-a", Subject: personOf(r)}, Items: []gateway.Item{{Type: "CarePlan", ID: r.Effects[1].ID, Version: 1, Verb: gateway.Created}}}}})
		}
		plans[0].Deliveries = append(plans[0].Deliveries, plans[2].Deliveries...)
		if n, err := s.AddDeliveries(ctx, plans[:2], map[gateway.PartnerID]gateway.Caller{"clinic-a": caller("clinic-a")}); err != nil || n != 3 {
			t.Fatal(n, err)
		}
		m := message("clinic-a", "", child(t, "", "", "r2"))
		m.Mapped.Merges = []gateway.Merge{{From: gateway.Identifier{System: "urn:test:mrn", Value: "r1"}, Into: gateway.Identifier{System: "urn:test:mrn", Value: "r2"}}}
		commit(t, s, m)
		lane := gateway.Lane{Partner: "clinic-a", Subject: personOf(kept)}
		var got []string
		for {
			d, err := s.Head(ctx, lane, caller("clinic-a"), "w")
			if err != nil {
				t.Fatal(err)
			}
			if d == nil {
				break
			}
			got = append(got, d.Key)
			if err := s.Settle(ctx, d, gateway.Attempt{At: s.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(got) != "[k1 k0 k2]" {
			t.Errorf("sent %v", got)
		}
		if d, err := s.Head(ctx, gateway.Lane{Partner: "clinic-a", Subject: personOf(gone)}, caller("clinic-a"), "w"); d != nil || err != nil {
			t.Errorf("left behind: %v %v", d, err)
		}
	})
}

// TestAnyOrderSamePersons: messages that contradict each other in nothing end in
// the same persons, whatever their order.
func TestAnyOrderSamePersons(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			id := func(kind string, n int) string { return fmt.Sprintf("%s%d-%d", kind, run, n) }
			children := []struct{ given, birth string }{{"Ada", "2013-05-14"}, {"Ben", "2013-05-14"}}
			var sends []*gateway.Receipt
			var all []string
			for n, c := range children {
				all = append(all, id("M", n))
				for _, p := range []string{"clinic-a", "clinic-b"} {
					all = append(all, p+"|"+id("r", n))
					sends = append(sends, message(p, "", child(t, c.given, c.birth, id("r", n))), message(p, "", child(t, c.given, c.birth, id("r", n), id("M", n))))
				}
				sends = append(sends, message("state", "", child(t, c.given, c.birth, id("M", n))))
			}
			for _, m := range rapid.Permutation(sends).Draw(rt, "order") {
				if r := commit(t, s, m); r.State != gateway.Accepted {
					rt.Fatalf("%s %v", r.State, r.Fault)
				}
			}
			want := fmt.Sprintf("%[1]s %[3]s %[3]s; %[2]s %[4]s %[4]s", id("M", 0), id("M", 1), id("r", 0), id("r", 1))
			if got := groups(t, s, all...); got != want {
				rt.Fatalf("persons %q, want %q", got, want)
			}
		})
	})
}
