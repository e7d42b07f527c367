package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/store"
)

// TestFileKeepsItsProgress: outcomes and counts move together, one holder after
// the other, and a closed file stays closed.
func TestFileKeepsItsProgress(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *store.Store) {
		f := intake.File{ID: "f1", Partner: "clinic-a", Door: "folder", Name: "services.csv", Kind: "csv/service", SHA256: "aa", Size: 7, State: intake.Open, Received: time.UnixMicro(1000).UTC()}
		for _, fresh := range []bool{true, false} {
			known, was, err := s.OpenFile(ctx, f)
			if diff := cmp.Diff(f, known); err != nil || was != fresh || diff != "" {
				t.Fatal(was, err, diff)
			}
		}
		outs := []intake.Outcome{
			{No: 1, Place: "row 2", Status: intake.Accepted, Message: "m1"},
			{No: 2, Place: "row 3", Status: intake.Rejected, Issues: fhir.Issues{{Severity: fhir.Error, Code: "value", Found: "a word", Where: "row 3, column units"}}, Raw: []byte("a,b\n")},
		}
		after := intake.Counts{Units: 2, Accepted: 1, Rejected: 1}
		if err := s.NoteUnits(ctx, "f1", intake.Counts{}, after, outs); err != nil {
			t.Fatal(err)
		}
		if err := s.NoteUnits(ctx, "f1", intake.Counts{}, after, outs); !errors.Is(err, gateway.ErrFenced) {
			t.Errorf("a second holder went on from before: %v", err)
		}
		f.State, f.Counts, f.Finished = intake.Done, after, time.UnixMicro(2000).UTC()
		if err := s.CloseFile(ctx, f, []intake.Ack{{Name: "999", Body: []byte("ISA")}}); err != nil {
			t.Fatal(err)
		}
		var got []intake.Outcome
		for o, err := range s.Outcomes(ctx, "f1") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o)
		}
		if diff := cmp.Diff(outs, got); diff != "" {
			t.Error(diff)
		}
		closed, acks, err := s.File(ctx, "clinic-a", "f1")
		if err != nil || len(acks) != 1 || cmp.Diff(f, *closed) != "" {
			t.Error(closed, acks, err)
		}
		if _, _, err := s.File(ctx, "clinic-b", "f1"); code(err) != gateway.NotFound {
			t.Errorf("another partner's file: %v", err)
		}
		if err := s.Reopen(ctx, "f1"); err != nil {
			t.Fatal(err)
		}
		if known, _, err := s.OpenFile(ctx, f); err != nil || known.State != intake.Open || known.Counts != (intake.Counts{}) {
			t.Error(known, err)
		}
	})
}

func TestExchangeIsOneContent(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *store.Store) {
		for _, c := range []struct {
			partner gateway.PartnerID
			content string
			want    bool
		}{{"mco-a", "one", true}, {"mco-a", "one", true}, {"mco-a", "other", false}, {"mco-b", "other", true}} {
			if got, err := s.Exchange(ctx, c.partner, "ZZ A ZZ B 000000001", c.content); err != nil || got != c.want {
				t.Errorf("%+v: %v %v", c, got, err)
			}
		}
	})
}

// TestAwaitedAcknowledgement walks a delivery that was sent: it keeps its lane,
// ends by an acknowledgement, is sent anew with another number when none comes,
// and waits for a person when it was refused.
func TestAwaitedAcknowledgement(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		child, other := w.child("K1"), w.child("K2")
		for range 3 {
			commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		}
		w.route()
		lane := w.only(w.ready())
		d := w.head(lane, "a")
		number, at, err := w.s.Control(ctx, "mco-a", d.ID)
		again, sameAt, err2 := w.s.Control(ctx, "mco-a", d.ID)
		if err != nil || err2 != nil || number != 1 || again != number || !at.Equal(sameAt) {
			t.Fatal(number, again, err, err2)
		}
		await := func(d *gateway.Delivery) { w.settle(d, gateway.Attempt{Awaits: w.clock().Add(time.Hour)}) }
		await(d)
		if len(w.ready()) != 0 || w.head(lane, "a") != nil {
			t.Fatal("the next delivery of the child did not wait for the acknowledgement")
		}
		commit(t, w.s, message("clinic-a", "", create(t, plan(other))))
		w.route()
		w.settle(w.head(w.only(w.ready()), "a"), gateway.Attempt{}) // another child goes on
		if err := w.s.Acknowledge(ctx, "mco-a", number, nil); err != nil {
			t.Fatal(err)
		}
		second := w.head(w.only(w.ready()), "a")
		if second == nil || second.ID == d.ID {
			t.Fatal("the lane did not go on after the acknowledgement")
		}
		await(second)
		first, _, _ := w.s.Control(ctx, "mco-a", second.ID)
		w.pass(2 * time.Hour)
		overdue := w.head(w.only(w.ready()), "a")
		if overdue == nil || overdue.ID != second.ID || !overdue.Overdue {
			t.Fatalf("overdue = %+v", overdue)
		}
		w.settle(overdue, gateway.Attempt{Fault: busyFault(), Resend: true})
		anew := w.head(w.only(w.ready()), "a")
		renewed, _, _ := w.s.Control(ctx, "mco-a", anew.ID)
		if anew.ID != second.ID || anew.Overdue || anew.Resends != 1 || renewed == first || anew.Key != second.Key {
			t.Fatalf("sent anew = %+v with number %d, first %d", anew, renewed, first)
		}
		await(anew)
		refusal := gateway.Faultf("acknowledge", gateway.Invalid, fhir.Issue{Code: "value", Found: "IK403 7"})
		if err := w.s.Acknowledge(ctx, "mco-a", first, refusal); err != nil {
			t.Fatal(err)
		}
		if parked := w.state(anew.ID); parked != "awaiting" {
			t.Errorf("a refusal of what was sent again since made it %s", parked)
		}
		if err := w.s.Acknowledge(ctx, "mco-a", renewed, refusal); err != nil {
			t.Fatal(err)
		}
		if parked := w.state(anew.ID); parked != "parked" {
			t.Errorf("refused, and %s", parked)
		}
		if err := w.s.Acknowledge(ctx, "mco-a", 77, nil); code(err) != gateway.NotFound {
			t.Errorf("a number we never sent: %v", err)
		}
	})
}

func (w *world) state(id gateway.DeliveryID) string {
	w.t.Helper()
	list, _, err := w.s.ListDeliveries(context.Background(), gateway.DeliveryFilter{ID: id}, gateway.Paging{})
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	return list[0].State
}
