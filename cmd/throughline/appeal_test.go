package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/store/storetest"
)

// appealDay is a date some days from now, where the demonstration's partners are.
func appealDay(days int) string {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return time.Now().In(zone).AddDate(0, 0, days).Format(time.DateOnly)
}

// decide is a decision of the plan on item 1 of REQ-1, some days from now.
func (w *queueWorld) decide(days int, rest string) {
	w.Helper()
	w.receive("mco-a", "json/decision", fmt.Sprintf(`{"record":"decision","trace_number":"REQ-1","decided_at":"%sT12:00:00Z","items":[{"item":1,"authorization_id":"AUTH-1",%s},{"item":2,"action":"A1","authorization_id":"AUTH-2"}]}`, appealDay(days), rest))
}

// work is what waits for people of a partner: "what on state", sorted.
func (w *queueWorld) work(partner string) (out []string) {
	w.Helper()
	_, text, _ := w.run("worklist", "--partner", partner, "--json")
	var list []console.Work
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		w.Fatal(err, text)
	}
	for _, l := range list {
		out = append(out, l.What+" "+l.On+" "+l.State)
	}
	slices.Sort(out)
	return out
}

func (w *queueWorld) wait(step, partner string, want ...string) {
	w.Helper()
	if got := w.work(partner); !slices.Equal(got, want) {
		w.Errorf("%s: for %s waits\n%s\nwant\n%s", step, partner, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// left is what auth check says about AUTH-1 on a day.
func (w *queueWorld) left(day, words string) {
	w.Helper()
	if _, out, errs := w.run("auth", "check", "--partner", "mco-a", "--authorization", "AUTH-1", "--date", day); !strings.Contains(out, words) {
		w.Errorf("check does not say %q:\n%s%s", words, out, errs)
	}
}

func (w *queueWorld) must(args ...string) string {
	w.Helper()
	code, out, errs := w.run(args...)
	if code != 0 {
		w.Fatalf("%v: %d %s%s", args, code, out, errs)
	}
	return out
}

// TestCutNoticeAppealHearing: a running service is cut; the notice is due until it
// went out, whole; the family appeals and benefits continue; the plan upholds, the
// state reverses, the plan carries it out. Each step is on the worklist of whom it
// waits for, and told once by the clock job.
func TestCutNoticeAppealHearing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		w := newQueueWorld(t, at)
		w.decide(-20, `"action":"A1"`)
		w.wait("granted", "mco-a")
		w.decide(-1, `"action":"A6","units":2,"reason":"Two a month meet the goal","reviewer":"R. Okafor","credential":"MD","basis":"other-service"`)
		w.wait("cut", "mco-a", "advance-notice mco-a on-time", "appeal-window family open", "continue-window family open")
		w.wait("cut", "mco-b")
		notice := `{"record":"adverse_notice","notice_id":"NOT-1","member_id":"SYN-Q-1","trace_number":"REQ-1","authorization_id":"AUTH-1","item":1,"action":"reduced","sent_at":"%sT12:00:00Z","determined_on":"%s","effective_on":"%s"%s}`
		from := appealDay(14)
		w.receive("mco-a", "json/adverse_notice", fmt.Sprintf(notice, appealDay(-1), appealDay(-1), from, ""))
		w.wait("an incomplete notice", "mco-a", "advance-notice mco-a incomplete", "appeal-window family open", "continue-window family open")
		w.receive("mco-a", "json/adverse_notice", fmt.Sprintf(notice, appealDay(-1), appealDay(-1), from, `,"reason":"Two a month meet the goal","reviewer":"R. Okafor","credential":"MD"`))
		w.wait("noticed", "clinic-a", "appeal-window family open", "continue-window family open")
		w.left(from, "2 of 2 units left")

		if code, _, errs := w.run("appeal", "file", "AP-1", "--partner", "clinic-a", "--member", "SYN-Q-1", "--authorization", "AUTH-1", "--determined", appealDay(-1), "--by", "provider", "--consent", "--continue-from", from); code == 0 || !strings.Contains(errs, "438.402") {
			t.Errorf("a provider asks that benefits continue: %d %s", code, errs)
		}
		w.must("appeal", "file", "AP-1", "--partner", "clinic-a", "--member", "SYN-Q-1", "--authorization", "AUTH-1", "--trace", "REQ-1", "--item", "1", "--determined", appealDay(-1), "--how", "oral", "--continue-from", from)
		w.wait("filed", "mco-a", "acknowledge-appeal mco-a open", "resolve-appeal mco-a on-time")
		if code, _, errs := w.run("appeal", "decide", "AP-1", "overturn", "--partner", "clinic-a"); code != exitFindings || !strings.Contains(errs, "does not decide") {
			t.Errorf("a clinic decides on its appeal: %d %s", code, errs)
		}
		w.left(from, "2 of 2 units left")
		w.must("appeal", "decide", "AP-1", "acknowledge", "--partner", "mco-a")
		w.must("appeal", "decide", "AP-1", "continue", "--partner", "mco-a")
		w.wait("acknowledged", "mco-a", "resolve-appeal mco-a on-time")
		w.left(from, "Its benefits continue at the old level under appeal AP-1")
		w.left(from, "AUTH-1/continued/AP-1: 5 of 5 units left")
		if list := w.must("appeal", "list", "--partner", "clinic-a"); !strings.Contains(list, "AP-1") || !strings.Contains(list, "granted") {
			t.Error(list)
		}
		w.must("appeal", "decide", "AP-1", "uphold", "--partner", "mco-a", "--reason", "The notes agree", "--reviewer", "L. Brandt", "--credential", "MD")
		w.left(from, "2 of 2 units left")
		w.wait("upheld", "clinic-a", "hearing-window family open")
		w.must("appeal", "file", "H-1", "--partner", "clinic-a", "--member", "SYN-Q-1", "--authorization", "AUTH-1", "--trace", "REQ-1", "--item", "1", "--determined", appealDay(-1), "--level", "fair-hearing", "--of", "AP-1")
		w.wait("asked for a hearing", "mco-a", "decide-hearing state on-time")
		w.wait("asked for a hearing", "state", "decide-hearing state on-time")
		w.must("appeal", "decide", "H-1", "overturn", "--partner", "state", "--source", "mco-a")
		w.wait("reversed", "mco-a", "carry-out-reversal mco-a on-time")
		if sum, err := w.app.lookAtClocks(t.Context(), jobs.Slot{}, nil); err != nil || !strings.Contains(sum, "0 late") {
			t.Error(sum, err)
		}
		w.decide(0, `"action":"A1"`)
		w.wait("carried out", "mco-a")
		w.left(from, "5 of 5 units left")
		var shown []appealJSON
		if err := json.Unmarshal([]byte(w.must("appeal", "show", "AP-1", "--partner", "state")), &shown); err != nil || len(shown) != 1 || shown[0].Outcome != "upheld" || shown[0].State != "met" || len(shown[0].Steps) != 3 {
			t.Errorf("%+v %v", shown, err)
		}
		if text := w.must("audit", "search", "--json"); strings.Count(text, "carry-out-reversal/1/H-1: on-time") != 1 {
			t.Errorf("the clock job told of the reversal %d times", strings.Count(text, "carry-out-reversal/1/H-1: on-time"))
		}
	})
}

// TestNightPaysContinuedBenefits: the night says why a line is paid while an appeal
// is open, whatever came first.
func TestNightPaysContinuedBenefits(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		appeal := fmt.Sprintf(`{"record":"appeal","appeal_id":"AP-1","member_id":"SYN-Q-1","level":"plan-appeal","authorization_id":"AUTH-1","determined_on":"%s","filed_at":"%sT09:00:00Z","filed_by":"family",
			"continued":{"status":"granted","asked_on":"%[2]s","from":"%s"},"received_at":"%[2]sT09:00:00Z"}`, appealDay(-10), appealDay(-9), appealDay(-5))
		sends := []func(w *queueWorld){
			func(w *queueWorld) { w.decide(-20, `"action":"A1"`) },
			func(w *queueWorld) {
				w.decide(-10, `"action":"A3","reason":"No longer needed","reviewer":"R. Okafor","credential":"MD"`)
			},
			func(w *queueWorld) { w.receive("mco-a", "json/appeal", appeal) },
		}
		w := newQueueWorld(t, at)
		for _, n := range []int{2, 0, 1} { // the appeal comes before the decisions it is about
			sends[n](w)
		}
		w.receive("clinic-a", "json/service", fmt.Sprintf(`{"record":"service","line_id":"L-1","claim_id":"C-1","member_id":"SYN-Q-1","provider_id":"1999900016","code":"H2021","service_date":"%s","units":3}`, appealDay(-3)))
		w.must("reconcile", "--as-of", "yesterday")
		out := w.must("reconcile", "explain", "L-1")
		for _, want := range []string{"matched", "continued_benefits", "which continues under appeal AP-1"} {
			if !strings.Contains(out, want) {
				t.Errorf("explain does not say %q:\n%s", want, out)
			}
		}
	})
}
