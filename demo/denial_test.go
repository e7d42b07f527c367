package demo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// TestDenialOfTheWeek: the plan's queue shows one request that was denied, with its
// notice sent in time and an appeal that waits for the plan.
func TestDenialOfTheWeek(t *testing.T) {
	w := newWorld(t, sqlite(t))
	seed(t, newRecorder(w), 20)
	list, _, err := w.store.RequestsTo(t.Context(), "mco-a", gateway.AuthDenied, gateway.Paging{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d requests were denied: %v", len(list), err)
	}
	records, err := w.store.FilingsAbout(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	now := today.Add(15 * time.Hour)
	table, zone := w.cfg.Clocks, w.cfg.Rules.Zone
	got := map[gateway.NoticeKind]gateway.ClockState{}
	for _, n := range table.Notices(&list[0], table.Clocks(&list[0], zone, nil), mappings.Filings(records, w.partner), zone, now) {
		got[n.Kind] = n.State(now)
		if n.Missing {
			t.Errorf("%s is incomplete", n.Kind)
		}
	}
	want := map[gateway.NoticeKind]gateway.ClockState{gateway.AdverseNotice: gateway.Met, gateway.AppealWindow: gateway.Used, gateway.AcknowledgeAppeal: gateway.Met, gateway.ResolveAppeal: gateway.OnTime}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
