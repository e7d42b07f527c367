package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/store/storetest"
)

// TestWorklistBandsAndGaps: what ends is told of in bands of 30, 14 and 7 days; a plan without
// a team and a team without a plan wait for who keeps them, since the last night;
// nobody sees another's.
func TestWorklistBandsAndGaps(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		w := newQueueWorld(t, at)
		for id, days := range map[string]int{"E-0": 0, "E-7": 7, "E-8": 8, "E-14": 14, "E-30": 30, "E-31": 31, "E-past": -1} {
			w.receive("mco-a", "json/authorization", fmt.Sprintf(`{"record":"authorization","authorization_id":%q,"member_id":"SYN-Q-1","provider_id":"1999900016","payer":"mco-a",
				"items":[{"code":"H2021","start":"2026-01-01","end":%q,"units":4,"status":"approved"}]}`, id, appealDay(days)))
		}
		w.receive("clinic-a", "json/care_plan", `{"record":"care_plan","plan_id":"CP-1","member_id":"SYN-Q-1","status":"active","title":"Plan","start":"2026-01-01"}`)
		w.receive("mco-a", "json/enrollment", `{"record":"enrollment","member_id":"SYN-Q-2","start":"2026-01-01","payer":"mco-a","program":"wraparound"}`)
		w.receive("clinic-a", "json/care_team", `{"record":"care_team","team_id":"CT-2","member_id":"SYN-Q-2","status":"active","program":"wraparound","start":"2026-01-01","members":[{"id":"m1","kind":"youth","role":"youth","name":"Y"}]}`)
		waits := append(ending("7", "7", "14", "14", "30"), "request mco-a on-time")
		w.wait("before a night", "clinic-a", waits...)
		w.must("reconcile", "--as-of", appealDay(0))
		w.wait("after it", "clinic-a", slices.Insert(waits, 5, "plan clinic-a no_plan", "plan clinic-a no_team")...)
		if other := w.work("clinic-b"); len(other) != 0 {
			t.Errorf("clinic-b sees %q", other)
		}
		if text := w.must("worklist", "--partner", "clinic-a"); !strings.Contains(text, "form the child and family team") || !strings.Contains(text, "CP-1") || strings.Contains(text, "SYN-Q-1") {
			t.Error(text)
		}
	})
}

func ending(days ...string) (out []string) {
	for _, d := range days {
		out = append(out, "expiring coordinator within "+d+" days")
	}
	slices.Sort(out)
	return out
}
