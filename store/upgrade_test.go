package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// upgraded puts rows into the schema of a version, on both databases, and opens
// the newest over them: what was there must go on.
func upgraded(t *testing.T, from int64, rows []string, body func(t *testing.T, s *store.Store)) {
	t.Helper()
	upgradedWith(t, from, func(string) []string { return rows }, body)
}

// upgradedWith is upgraded with rows that depend on the kind of database.
func upgradedWith(t *testing.T, from int64, rows func(kind string) []string, body func(t *testing.T, s *store.Store)) {
	t.Helper()
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := context.Background()
		old, err := store.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		if err := old.MigrateTo(ctx, from); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows(old.Kind()) {
			if err := old.Exec(ctx, row); err != nil {
				t.Fatalf("%s\n%v", row, err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(ctx, url, policy())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		body(t, s)
	})
}

// oldDelivery is a lane of mco-a with one delivery in a state, as it stood before
// lanes knew when they are ready.
func oldDelivery(id, state string) []string {
	blocked := ""
	if state == "parked" {
		blocked = id
	}
	return []string{
		`insert into lane (partner, subject, next_seq, blocked_by) values ('mco-a', 'of-` + id + `', 2, '` + blocked + `')`,
		`insert into outbox (id, message, partner, subject, lane_seq, idem_key, items, state, first_at, next_at)
			values ('` + id + `', 'm-` + id + `', 'mco-a', 'of-` + id + `', 1, 'k-` + id + `', '', '` + state + `', 1, 1)`,
	}
}

func readyLanes(t *testing.T, s *store.Store) (out []string) {
	t.Helper()
	lanes, err := s.Ready(context.Background(), "mco-a", time.Now(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lanes {
		out = append(out, l.Subject)
	}
	return out
}

// 3: what waited goes on, what was parked stays parked, what is done is done.
func TestUpgradeToReadyLanes(t *testing.T) {
	rows := append(oldDelivery("d1", "ready"), oldDelivery("d2", "parked")...)
	upgraded(t, 2, append(rows, oldDelivery("d3", "delivered")...), func(t *testing.T, s *store.Store) {
		if diff := cmp.Diff([]string{"of-d1"}, readyLanes(t, s)); diff != "" {
			t.Fatal(diff)
		}
		ctx := context.Background()
		d, err := s.Head(ctx, gateway.Lane{Partner: "mco-a", Subject: "of-d1"}, caller("mco-a"), "i1")
		if err != nil || d == nil || d.ID != "d1" {
			t.Fatalf("%+v %v", d, err)
		}
		if err := s.Settle(ctx, d, gateway.Attempt{At: time.Now(), Remote: "x"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Release(ctx, "d2", "mended", "op"); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"of-d2"}, readyLanes(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// twoPersons are a child by its member id, with a span, and one by the record
// number of clinic-a, with an authorization and a relation.
func twoPersons() []string {
	return []string{
		`insert into person (id, bucket, created_at) values ('0a01', 10, 1)`,
		`insert into person (id, bucket, created_at) values ('0b02', 11, 2)`,
		`insert into patient_xref (system, value, person) values ('` + memberSystem + `', 'M1', '0a01')`,
		`insert into patient_xref (system, value, person) values ('clinic-a|urn:test:mrn', 'r1', '0b02')`,
		`insert into relation (person, scope, why, ref, sender, lo, hi, confirmed) values ('0b02', 'partner:clinic-a', 'sent', '', 'clinic-a', 0, 99999, 1)`,
		`insert into relation (person, scope, why, ref, sender, lo, hi, confirmed) values ('0a01', 'payer:MCOA', 'enrollment', '', 'state', 0, 99999, 1)`,
		`insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member) values (10, '0a01', 'MCOA', '', 20000, 1, 0, 30000, 'state', 'M1')`,
		`insert into auth_fact (bucket, person, partner, id, known, received, start_day, end_day, units, cap_units, pending, member, provider, code, modifiers, unit, status, cap_period, program, payer)
			values (11, '0b02', 'mco', 'A1', 1, 0, 20000, 30000, 40, 0, 0, 'r1', '', 'H2021', '', '', 'approved', '', '', 'MCOA')`,
	}
}

// caseOfM1 is the case of the child with the member id.
func caseOfM1(t *testing.T, s *store.Store) (out ledger.Case) {
	t.Helper()
	err := s.StreamCases(context.Background(), 10, 10, known(t, s), func(c *ledger.Case) error {
		out = *c
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// 4: persons from before are doubted, shown, and made one with all they have.
func TestUpgradeToReviewsOfPeople(t *testing.T) {
	upgraded(t, 3, twoPersons(), func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		m := message("clinic-b", "", child(t, "Ada", "2013-05-14", "r9"))
		m.Mapped.Merges = []gateway.Merge{{From: gateway.Identifier{System: memberSystem, Value: "M1"}, Into: gateway.Identifier{System: "urn:test:mrn", Value: "r9"}}}
		commit(t, s, message("clinic-b", "", child(t, "Ada", "2013-05-14", "r9")))
		if held := commit(t, s, m); held.State != gateway.Held {
			t.Fatalf("a stranger moved the child: %s", held.State)
		}
		open, err := s.Reviews(ctx, false)
		if err != nil || len(open) != 1 {
			t.Fatalf("%v %v", open, err)
		}
		if _, err := s.SeparatePeople(ctx, open[0].ID, "two children", "op"); err != nil {
			t.Fatal(err)
		}
		if r := commit(t, s, message("clinic-a", "", child(t, "Ada", "2013-05-14", "r1", "M1"))); r.State != gateway.Accepted {
			t.Fatal(r.Fault)
		}
		wantGroups(t, s, "M1 r1; r9", "M1", "clinic-a|r1", "clinic-b|r9")
		c := caseOfM1(t, s)
		if len(c.Spans) != 1 || len(c.Auths) != 2 || c.Auths[0].Foreign || !c.Auths[1].Foreign { // its own, and the version of before that was another's
			t.Errorf("%d spans, %+v", len(c.Spans), c.Auths)
		}
	})
}

// 5: a delivery that waited is sent as an interchange and waits for its
// acknowledgement.
func TestUpgradeToAcknowledgedFiles(t *testing.T) {
	rows := append(oldDelivery("d1", "ready"), `update lane set ready_at = 1`, `update outbox set queued_at = 7`)
	upgraded(t, 4, rows, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		d, err := s.Head(ctx, gateway.Lane{Partner: "mco-a", Subject: "of-d1"}, caller("mco-a"), "i1")
		if err != nil || d == nil || d.Resends != 0 || d.Overdue {
			t.Fatalf("%+v %v", d, err)
		}
		number, _, err := s.Control(ctx, "mco-a", d.ID)
		if err != nil || number != 1 {
			t.Fatalf("control number %d, %v", number, err)
		}
		if err := s.Settle(ctx, d, gateway.Attempt{At: time.Now(), Awaits: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.ListDeliveries(ctx, gateway.DeliveryFilter{ID: "d1"}, gateway.Paging{})
		if err != nil || len(list) != 1 || list[0].State != "awaiting" {
			t.Fatalf("%+v %v", list, err)
		}
		if err := s.Acknowledge(ctx, "mco-a", number, nil); err != nil {
			t.Fatal(err)
		}
		if list, _, err = s.ListDeliveries(ctx, gateway.DeliveryFilter{ID: "d1"}, gateway.Paging{}); err != nil || list[0].State != "delivered" {
			t.Errorf("%+v %v", list, err)
		}
		f := intake.File{ID: "f1", Partner: "clinic-a", Door: "drop", Name: "a.csv", Kind: "csv/service", SHA256: "x", Size: 1, Received: time.Unix(1, 0)}
		if known, fresh, err := s.OpenFile(ctx, f); err != nil || !fresh || known.Name != "a.csv" {
			t.Errorf("%+v %v %v", known, fresh, err)
		}
	})
}

// 6: a delivery that waited teaches what the partner's server calls our records.
func TestUpgradeToPartnersServers(t *testing.T) {
	rows := append(oldDelivery("d1", "ready"), `update lane set ready_at = 1`, `update outbox set resends = 2`)
	upgraded(t, 5, rows, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		d, err := s.Head(ctx, gateway.Lane{Partner: "mco-a", Subject: "of-d1"}, caller("mco-a"), "i1")
		if err != nil || d == nil || d.Resends != 2 {
			t.Fatalf("%+v %v", d, err)
		}
		at := gateway.Remote{Ours: "Task/1", Theirs: "Task/77", Version: "3", Sent: 1}
		clash := gateway.Clash{Remote: at, Tried: 2, Elements: []string{"status"}, Content: []byte("{}")}
		fault := gateway.Faultf("merge", gateway.Conflict, fhir.Issue{Found: "x"})
		if err := s.Settle(ctx, d, gateway.Attempt{At: time.Now(), Fault: fault, Learned: gateway.Learned{Remotes: []gateway.Remote{at}, Clashes: []gateway.Clash{clash}}}); err != nil {
			t.Fatal(err)
		}
		if known, err := s.Remotes(ctx, "mco-a", []fhir.Ref{"Task/1"}); err != nil || known["Task/1"] != at {
			t.Errorf("%+v %v", known, err)
		}
		if err := s.ResolveConflict(ctx, "d1", true, "ours is newer", "op"); err != nil {
			t.Error(err)
		}
		l := gateway.ReferralLink{ID: "l1", Partner: "mco-a", Task: "Task/1", Version: 1, Delivery: "d1", Created: time.Unix(1, 0), Expires: time.Unix(9, 0)}
		if err := s.AddLink(ctx, l); err != nil {
			t.Fatal(err)
		}
		for i, first := range []bool{true, false} {
			if used, err := s.UseLink(ctx, "l1", "accepted"); err != nil || used != first {
				t.Errorf("use %d: %v %v", i+1, used, err)
			}
		}
		if err := s.Keep(ctx, "mco-a", "poll:Task", "2026-01-01"); err != nil {
			t.Fatal(err)
		}
		if place, err := s.Place(ctx, "mco-a", "poll:Task"); err != nil || place != "2026-01-01" {
			t.Errorf("%q %v", place, err)
		}
	})
}

// submission is a request for prior authorization of an old person.
func submission(t *testing.T) *gateway.Receipt {
	patient := create(t, patient("M1"))
	patient.FullURL = "urn:uuid:0001"
	claim := create(t, `{"resourceType":"Claim","status":"active","use":"preauthorization","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/claim-type","code":"professional"}]},
		"patient":{"reference":"urn:uuid:0001"},"created":"2026-01-02","provider":{"display":"Clinic"},"priority":{"coding":[{"code":"normal"}]},
		"insurance":[{"sequence":1,"focal":true,"coverage":{"display":"Plan"}}]}`)
	claim.FullURL = "urn:uuid:0002"
	m := message("clinic-a", "", patient, claim)
	m.Mapped.Submission = &gateway.Submission{Payer: "mco-a", Member: gateway.Identifier{System: memberSystem, Value: "M1"}, Patient: patient.FullURL, Claim: claim.FullURL,
		Start: "2026-01-02", End: "2026-03-01", Trace: gateway.Identifier{System: "urn:trace", Value: "T1"}, Bundle: gateway.Identifier{System: "urn:bundle", Value: "B1"},
		Items: []gateway.AskedItem{{AuthItem: gateway.AuthItem{Sequence: 1, Asked: gateway.AuthService{Code: gateway.Coded{Code: "H2021"}, Units: "10"}}}}}
	return m
}

// 8: a child from before gets its first prior authorization, decided and told.
func TestUpgradeToAuthorizations(t *testing.T) {
	upgraded(t, 7, twoPersons(), func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		sub, err := s.PutSubscription(ctx, &gateway.Subscription{Partner: "clinic-a", Status: gateway.SubActive, Endpoint: "https://example.org/hook", Doc: []byte("{}")})
		if err != nil || sub.Endpoint != "https://example.org/hook" {
			t.Fatal(sub, err)
		}
		sent := commit(t, s, submission(t))
		if _, err := s.AnswerSubmission(ctx, sent.Message.ID); err != nil {
			t.Fatal(err)
		}
		answer := message("mco-a", "")
		answer.Mapped.Decisions = []gateway.Decision{{Trace: gateway.Identifier{Value: "T1"}, At: time.Unix(200, 0), Must: true,
			Items: []gateway.DecidedItem{{Sequence: 1, ItemAnswer: gateway.ItemAnswer{Action: gateway.Certified, Number: "N1"}}}}}
		commit(t, s, answer)
		list, _, err := s.Requests(ctx, caller("mco-a"), "", gateway.Paging{})
		if err != nil || len(list) != 1 || list[0].State() != gateway.AuthDecided || list[0].Numbers()[0] != "N1" {
			t.Fatalf("%+v %v", list, err)
		}
		if sub, err = s.Subscription(ctx, caller("clinic-a"), sub.ID); err != nil || sub.Events != 1 {
			t.Errorf("%+v %v", sub, err)
		}
		if len(caseOfM1(t, s).Auths) != 1 {
			t.Errorf("the ledger of the child from before does not have it")
		}
	})
}

// 15: a line from before is denied by its payer, and the word comes along when
// its child becomes another.
func TestUpgradeToClaimAdvice(t *testing.T) {
	line := func(id, claim, date string) string {
		return `insert into service_line (bucket, person, partner, id, known, received, day, units, scale, frequency, member, claim, provider, code, modifiers, day_text, unit, replaces, source, auth, visit, start_time, denial)
			values (11, '0b02', 'clinic-a', '` + id + `', 2, 0, ` + fmt.Sprint(int(day(t, date))) + `, 4, 0, 1, 'r1', '` + claim + `', '', 'H2021', '', '` + date + `', '', '', '', '', '', '', '')`
	}
	upgraded(t, 9, append(twoPersons(), line("C-1", "C", "2026-01-05"), line("D-1", "D", "2026-01-06")), func(t *testing.T, s *store.Store) {
		own := gateway.Identifier{System: "urn:test:mrn", Value: "r1"}
		word := ledger.Advice{Partner: "mco", Claim: "C", Line: "1", Date: ledger.NoDay, Reason: "CO-197", Received: 20}
		late := word
		late.Line = "2"
		say(t, s, "clinic-a", gateway.Facts{Advices: []gateway.AdviceFact{{Member: own, Advice: word}, {Member: own, Advice: late}}})
		if diff := cmp.Diff(map[string]string{"clinic-a/C-1": "denied", "clinic-a/D-1": "not_enrolled"}, verdicts(t, s, known(t, s), store.Buckets)); diff != "" {
			t.Error(diff)
		}
		if r := commit(t, s, message("clinic-a", "", child(t, "Ada", "2013-05-14", "r1", "M1"))); r.State != gateway.Accepted {
			t.Fatal(r.Fault)
		}
		say(t, s, "clinic-a", gateway.Facts{Lines: []gateway.LineFact{{Member: own, Line: ledger.Line{Partner: "clinic-a", ID: "C-2", ClaimID: "C", Code: "H2021", Date: day(t, "2026-01-07"),
			DateText: "2026-01-07", Units: ledger.Whole(1), Frequency: 1, Received: 10}}}})
		want := map[string]string{"clinic-a/C-1": "denied", "clinic-a/C-2": "denied", "clinic-a/D-1": "matched"}
		if diff := cmp.Diff(want, verdicts(t, s, known(t, s), store.Buckets)); diff != "" {
			t.Errorf("after the merge: %s", diff)
		}
	})
}

// partsOfRun1 are the partitions of run 1, where the database has any.
func partsOfRun1(kind string) (out []string) {
	if kind != "postgres" {
		return nil
	}
	for _, name := range []string{"verdict", "split", "auth_use", "run_finding"} {
		out = append(out, "create table "+name+"_1 partition of "+name+" for values in (1)")
	}
	return out
}

// 26: a run from before was never checked; it is not doubted until a check says so, and
// then it is made anew.
func TestUpgradeToChecks(t *testing.T) {
	rows := []string{`insert into run (id, no, as_of, known, rules, zone, state, parts, rows, summary, started) values ('r1', 1, 20100, 1, 'x', 'UTC', 'published', 1, 0, '{"run":"r1"}', 0)`,
		`insert into run_published (as_of, run) values (20100, 'r1')`}
	upgradedWith(t, 25, func(kind string) []string { return append(partsOfRun1(kind), rows...) }, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		run, err := s.RunByID(ctx, "r1")
		if n, bad := s.DoubtedRuns(ctx); err != nil || bad != nil || n != 0 {
			t.Fatal(run, err, n, bad)
		}
		rows, differ, err := s.CheckBucket(ctx, run, 3, func(func(*ledger.Case, *ledger.Result)) error { return nil })
		if err != nil || rows+differ != 0 || s.Count(t, "run_check") != 0 {
			t.Errorf("a bucket with nothing in it: %d %d %v", rows, differ, err)
		}
		line := &ledger.Result{Lines: []ledger.LineVerdict{{Line: &ledger.Line{Partner: "p", ID: "L1"}, Verdict: ledger.NoAuthorization}}}
		rows, differ, err = s.CheckBucket(ctx, run, 3, func(add func(*ledger.Case, *ledger.Result)) error {
			add(&ledger.Case{Member: "03a"}, line)
			return nil
		})
		if n, bad := s.DoubtedRuns(ctx); err != nil || bad != nil || rows != 1 || differ != 1 || n != 1 {
			t.Errorf("a line that the run does not know: %d of %d rows differ, %d runs are doubted, %v %v", differ, rows, n, err, bad)
		}
	})
}

// 27: a run from before, whose splits do not say whose they are, can be read and
// nothing is built on it.
func TestUpgradeToIncrements(t *testing.T) {
	rows := append(twoPersons(),
		`insert into run (id, no, as_of, known, rules, zone, state, parts, rows, summary, started) values ('r1', 1, 20100, 1, 'x', 'UTC', 'published', 1, 0, '{"run":"r1"}', 0)`,
		`insert into run_published (as_of, run) values (20100, 'r1')`,
		`insert into split (run, bucket, no, units, partner, id, auth_partner, auth) values (1, 11, 0, 4, 'mco', 'L1', 'mco', 'A1')`)
	upgradedWith(t, 26, func(kind string) []string { return append(partsOfRun1(kind), rows...) }, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		run, err := s.RunByID(ctx, "r1")
		if err != nil || run.Base != 0 {
			t.Fatalf("%+v %v", run, err)
		}
		var ids []string
		err = s.EachSplit(ctx, run, func(r *ledger.SplitRow) error { ids = append(ids, r.ID); return nil })
		if err != nil || len(ids) != 1 {
			t.Errorf("splits %v: %v", ids, err)
		}
		next, err := s.BeginRun(ctx, ledger.RunSpec{AsOf: 20100, Known: 5, Rules: "x", Zone: "UTC", Since: "r1"})
		if err != nil || next.Base != 0 || next.Why != "run r1 was made by an older version" {
			t.Errorf("%+v %v", next, err)
		}
	})
}

// 32: an enrollment from before states no county: the address is asked, until the
// enrollment comes again with one.
func TestUpgradeToCounties(t *testing.T) {
	rows := append(twoPersons(),
		`insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member) values (10, '0a01', '', 'wraparound', 20000, 1, 0, 30000, 'state', 'M1')`,
		`insert into resource (type, id, version, bucket, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)
			values ('Patient', '0aff', 1, 10, '0a01', 'state', 0, 0, 0, 30000, 'created', 1, 1, '{"resourceType":"Patient","id":"0aff","address":[{"district":"Kane"}]}')`)
	upgraded(t, 30, rows, func(t *testing.T, s *store.Store) {
		county := func() (out []string) {
			err := s.RollUp(context.Background(), gateway.ByCounty, 20300, nil, func(r *gateway.RollUpRow) error { out = append(out, r.Group); return nil })
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if got := county(); !slices.Equal(got, []string{"Kane"}) {
			t.Errorf("as it was: %q", got)
		}
		if err := s.Exec(context.Background(), `insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member, county)
			values (10, '0a01', '', 'wraparound', 20000, 2, 0, 30000, 'state', 'M1', 'Cook')`); err != nil {
			t.Fatal(err)
		}
		if got := county(); !slices.Equal(got, []string{"Cook"}) {
			t.Errorf("sent again with a county: %q", got)
		}
	})
}

// 28: what a run from before has found stays, and its parts can be written again.
func TestUpgradeToPieces(t *testing.T) {
	rows := []string{`insert into run (id, no, as_of, known, rules, zone, state, parts, rows, started) values ('r1', 1, 20100, 1, 'x', 'UTC', 'running', 1, 0, 0)`,
		`insert into run_part (run, no, lo, hi) values ('r1', 0, 0, 255)`}
	findings := `insert into run_finding (run, bucket, days, known, person, kind, partner, ref, item, code, provider, program, payer, reason)
		values (1, 3, 0, 1, '03a', 'no_plan', 'p', 'left behind', '', '', '', '', '', ''), (2, 3, 0, 1, '03a', 'no_plan', 'p', 'of another run', '', '', '', '', '', '')`
	rowsOf := func(kind string) []string {
		if kind == "sqlite" {
			return append(rows, findings)
		}
		return append(partsOfRun1(kind), rows...)
	}
	upgradedWith(t, 27, rowsOf, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		run, err := s.RunByID(ctx, "r1")
		if err != nil {
			t.Fatal(err)
		}
		part, _, err := s.ClaimPart(ctx, run, time.Minute)
		if err != nil || part == nil {
			t.Fatal(part, err)
		}
		if err := s.SavePart(ctx, part, func(func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error) { return ledger.NewTally(), nil }); err != nil {
			t.Fatal(err)
		}
		if run, err = s.FinishRun(ctx, "r1"); err != nil || !run.Published {
			t.Fatal(run, err)
		}
		err = s.EachFinding(ctx, run, func(f *ledger.FindingRow) error { t.Errorf("left behind: %+v", f); return nil })
		if err != nil {
			t.Error(err)
		}
		if s.Kind() == "sqlite" && s.Count(t, "run_finding") != 1 {
			t.Error("another run has lost what it found")
		}
	})
}

// A data directory that was made before a lower number landed opens, and has it.
func TestUpgradeOverAGap(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s, err := store.Open(ctx, url, policy())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.TakeBack(ctx, 8); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Subscriptions(ctx, caller("clinic-a")); err == nil {
			t.Fatal("nothing was taken back")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = store.Open(ctx, url, policy()); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Subscriptions(ctx, caller("clinic-a")); err != nil {
			t.Error(err)
		}
	})
}
