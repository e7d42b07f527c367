package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// recordMessage is the message of one record of a member; of nobody without one.
func recordMessage(t *testing.T, member, kind, id string, at time.Time, body string) *gateway.Receipt {
	t.Helper()
	f := gateway.RecordFact{Record: gateway.Record{Kind: kind, ID: id, Received: ledger.StampOf(at), Body: []byte(body)}}
	var changes []gateway.Change
	if member != "" {
		f.Member = gateway.Identifier{System: memberSystem, Value: member}
		changes = append(changes, create(t, patient(member)))
	}
	r := message("clinic-a", "", changes...)
	r.Reply = func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201} }
	r.Mapped.Facts.Records = []gateway.RecordFact{f}
	return r
}

// recordsOf are the records in force: one line a child, then the staff.
func recordsOf(t *testing.T, s *store.Store, known int64) (out []string) {
	t.Helper()
	line := func(records []gateway.StoredRecord) string {
		var words []string
		for _, r := range records {
			words = append(words, fmt.Sprintf("%s %s %s %s", r.Kind, r.ID, r.Member, r.Body))
		}
		return strings.Join(words, "; ")
	}
	err := s.StreamRecords(context.Background(), 0, store.Buckets-1, known, func(person string, records []gateway.StoredRecord) error {
		if person == "" {
			t.Error("a record of nobody among the children")
		}
		out = append(out, line(records))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out) // persons have random keys
	staff, err := s.StaffRecords(context.Background(), known)
	if err != nil {
		t.Fatal(err)
	}
	return append(out, line(staff))
}

func at(n int64) time.Time { return time.Unix(n, 0) }

func TestRecordsAreReadAsOfAWatermark(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, recordMessage(t, "M1", "meeting", "T1", at(10), `{"a":1}`))
		commit(t, s, recordMessage(t, "M1", "care_plan", "P1", at(11), `{"p":1}`))
		commit(t, s, recordMessage(t, "M2", "meeting", "T2", at(12), `{"b":1}`))
		commit(t, s, recordMessage(t, "", "staff", "S1", at(13), `{"s":1}`))
		before := known(t, s)
		commit(t, s, recordMessage(t, "M1", "meeting", "T1", at(20), `{"a":2}`))
		commit(t, s, recordMessage(t, "M1", "meeting", "T1", at(15), `{"a":0}`)) // came late: an older word
		commit(t, s, recordMessage(t, "", "staff", "S1", at(21), `{"s":2}`))
		want := []string{`care_plan P1 M1 {"p":1}; meeting T1 M1 {"a":1}`, `meeting T2 M2 {"b":1}`, `staff S1  {"s":1}`}
		if diff := cmp.Diff(want, recordsOf(t, s, before)); diff != "" {
			t.Error(diff)
		}
		want = []string{`care_plan P1 M1 {"p":1}; meeting T1 M1 {"a":2}`, `meeting T2 M2 {"b":1}`, `staff S1  {"s":2}`}
		if diff := cmp.Diff(want, recordsOf(t, s, known(t, s))); diff != "" {
			t.Error(diff)
		}
	})
}

// The same word again is no new version; a word that comes back is one.
func TestARecordThatSaysTheSameAddsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for i, body := range []string{"1", "1", "2", "1"} {
			commit(t, s, recordMessage(t, "M1", "contact", "C1", at(int64(10+i)), body))
		}
		if n := s.Count(t, "record_fact"); n != 3 {
			t.Errorf("%d versions, want 3", n)
		}
		if diff := cmp.Diff([]string{"contact C1 M1 1", ""}, recordsOf(t, s, known(t, s))); diff != "" {
			t.Error(diff)
		}
	})
}

// A record whose child was corrected is the new child's alone.
func TestARecordThatMovesLeavesTheOtherChild(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, recordMessage(t, "M1", "contact", "C1", at(10), "1"))
		commit(t, s, recordMessage(t, "M2", "contact", "C1", at(11), "1"))
		if diff := cmp.Diff([]string{"contact C1 M2 1", ""}, recordsOf(t, s, known(t, s))); diff != "" {
			t.Error(diff)
		}
	})
}

// Records come along when two children turn out to be one; the past reads as
// before.
func TestRecordsMoveWithAMerge(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, recordMessage(t, "M1", "contact", "C1", at(10), "1"))
		commit(t, s, recordMessage(t, "M1", "contact", "C1", at(11), "2"))
		commit(t, s, recordMessage(t, "M2", "contact", "C2", at(12), "3"))
		before := known(t, s)
		person := func(member string) string {
			return s.PersonOf(t, gateway.Identifier{System: memberSystem, Value: member})
		}
		if err := s.MergePersons(context.Background(), person("M1"), person("M2")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"contact C1 M1 2; contact C2 M2 3", ""}, recordsOf(t, s, known(t, s))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"contact C1 M1 2", "contact C2 M2 3", ""}, recordsOf(t, s, before)); diff != "" {
			t.Error("as of before:", diff)
		}
	})
}

func TestAnIDThatNoIndexHoldsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		_, err := s.Commit(context.Background(), recordMessage(t, "M1", "contact", strings.Repeat("x", 2000), at(10), "1"))
		if code(err) != gateway.Invalid {
			t.Errorf("got %v", err)
		}
	})
}

// The schema before records, with a plan in it.
func TestMigrationToRecords(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s, err := store.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.MigrateTo(ctx, 15); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(ctx, `insert into plan_fact (bucket, person, partner, kind, id, known, received, start_day, end_day, status, program, body, member)
			values (0, '00a', 'clinic-a', 'plan', 'P1', 1, 0, 20000, 30000, 'active', '', '', 'M')`); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if plans := s.Count(t, "plan_fact"); plans != 1 {
			t.Errorf("%d plans are left, want 1", plans)
		}
		if err := s.Exec(ctx, `insert into record_fact (bucket, person, partner, kind, id, known, received, body, member)
			values (0, '00a', 'clinic-a', 'contact', 'C1', 2, 0, '1', 'M')`); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"contact C1 M 1", ""}, recordsOf(t, s, 2)); diff != "" {
			t.Error(diff)
		}
	})
}
