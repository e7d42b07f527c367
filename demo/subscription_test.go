package demo_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/store/storetest"
)

// notice is what a test looks at of a notification.
type notice struct{ kind, status, total, number string }

func noticeOf(body string) (n notice) {
	r, _ := fhir.Parse([]byte(body), fhir.Limits{})
	first := r.Entries()[0].Resource
	for _, p := range first.Get("parameter").Items() {
		switch p.Get("name").Text() {
		case "type":
			n.kind = p.Get("valueCode").Text()
		case "status":
			n.status = p.Get("valueCode").Text()
		case "events-since-subscription-start":
			n.total = p.Get("valueString").Text()
		case "notification-event":
			n.number += p.Get("part").Items()[0].Get("valueString").Text()
		}
	}
	return n
}

// notices are all that came, in order.
func (h *hookLog) notices() (out []notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, body := range h.got {
		out = append(out, noticeOf(body))
	}
	return out
}

// until looks again at every sign until it holds.
func (h *paHouse) until(what string, ok func() bool) {
	h.t.Helper()
	tick, end := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			h.t.Fatalf("never: %s; notified %v", what, h.hook.notices())
		}
	}
}

func (h *paHouse) put(id, status, more string) string {
	h.t.Helper()
	code, body := h.do(http.MethodPut, "clinic-a", "/fhir/Subscription/"+id, fhirMedia, subscriptionDoc(id, status, h.hookS.URL+"/hook", more))
	if code != http.StatusOK {
		h.t.Fatalf("%d %s", code, body)
	}
	return body
}

// state is the status that $status tells.
func (h *paHouse) state(id string) string {
	h.t.Helper()
	code, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id+"/$status", "", "")
	if code != http.StatusOK {
		h.t.Fatalf("%d %s", code, body)
	}
	return noticeOf(body).status
}

// pendAndDecide makes one event: a request is pended, and granted later.
func (h *paHouse) pendAndDecide(trace string) {
	h.t.Helper()
	h.submit(trace, "T2038", 1)
	asked := h.plan.Asked()
	if status, body := h.post("mco-a", "/fhir/$pas-notification", fhirMedia, string(h.plan.Decide(asked[len(asked)-1]))); status != http.StatusOK {
		h.t.Fatalf("%d %s", status, body)
	}
}

const beats = `"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period","valueUnsignedInt":60}],`

// A subscriber that asks for a heartbeat hears one when nothing happened for so
// long; it has no event, and its number is that of the last one.
func TestHeartbeat(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		h := newPAHouse(t, url, "2.2.1")
		id := h.subscribe()
		h.hook.await(t, `"handshake"`)
		h.put(id, "requested", beats)
		h.until("a second handshake", func() bool { return len(h.hook.notices()) == 2 && h.state(id) == "active" })
		h.pendAndDecide("WAIT-1")
		h.hook.await(t, `"event-notification"`)
		beat := notice{"heartbeat", "active", "1", ""}
		for n := range 2 {
			h.clock.advance(61 * time.Second) // the event may come once more: its lease ends when it is not settled by then
			h.until("a heartbeat", func() bool { return count(h.hook.notices(), beat) > n })
		}
		for _, got := range h.hook.notices() {
			if got.kind == beat.kind && got != beat {
				t.Errorf("a heartbeat of another number: %v", got)
			}
		}
	})
}

func count(all []notice, one notice) (n int) {
	for _, got := range all {
		if got == one {
			n++
		}
	}
	return n
}

// A subscriber that stays away: its subscription ends in error, visibly; what
// happens meanwhile is numbered. When it asks anew it gets everything it missed,
// in order and without a gap, and can ask for any part of it by number.
func TestSubscriberAway(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		h := newPAHouse(t, url, "2.0.1")
		id := h.subscribe()
		h.hook.await(t, `"handshake"`)
		h.until("active", func() bool { return h.state(id) == "active" })
		h.hook.away(true)
		h.pendAndDecide("WAIT-1")
		h.until("a failed try that is kept", func() bool {
			_, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id, "", "")
			return strings.Contains(body, `"error"`)
		})
		h.clock.advance(8 * 24 * time.Hour)
		h.until("error", func() bool { return h.state(id) == "error" })
		if _, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id, "", ""); !strings.Contains(body, `"error":"the endpoint could not be notified`) || strings.Contains(body, "hook-secret") {
			t.Errorf("read: %s", body)
		}
		h.pendAndDecide("WAIT-2")
		h.hook.away(false)
		h.put(id, "requested", "")
		h.until("both events", func() bool { return len(h.hook.notices()) == 4 })
		want := []notice{{"handshake", "requested", "0", ""}, {"handshake", "requested", "2", ""}, {"event-notification", "active", "2", "1"}, {"event-notification", "active", "2", "2"}}
		if got := h.hook.notices(); !slices.Equal(got, want) {
			t.Errorf("notified %v, want %v", got, want)
		}
		h.ranges(id)
	})
}

// ranges asks for parts of two events by number.
func (h *paHouse) ranges(id string) {
	h.t.Helper()
	for query, want := range map[string]string{"": "12", "?eventsSinceNumber=2": "2", "?eventsSinceNumber=1&eventsUntilNumber=1": "1", "?eventsSinceNumber=3": "", "?eventsSinceNumber=2&eventsUntilNumber=1": ""} {
		code, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id+"/$events"+query, "", "")
		if code != http.StatusOK {
			h.t.Errorf("$events%s: %d %s", query, code, body)
			continue
		}
		if got := noticeOf(body); got.number != want || got.kind != "query-event" {
			h.t.Errorf("$events%s: %v, want %q", query, got, want)
		}
		if n := len(regexp.MustCompile(`"resourceType":"ClaimResponse"`).FindAllString(body, -1)); n != len(want) {
			h.t.Errorf("$events%s: %d answers, want %d", query, n, len(want))
		}
	}
	for _, bad := range []string{"?eventsSinceNumber=x", "?eventsSinceNumber=-1"} {
		if code, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id+"/$events"+bad, "", ""); code != http.StatusBadRequest {
			h.t.Errorf("$events%s: %d %s", bad, code, body)
		}
	}
	for _, as := range []string{"clinic-b", "mco-a"} {
		if code, _ := h.do(http.MethodGet, as, "/fhir/Subscription/"+id+"/$events", "", ""); code != http.StatusNotFound {
			h.t.Errorf("%s sees another's events: %d", as, code)
		}
	}
}

// A subscription that is off, or whose end has come, is sent nothing.
func TestSubscriptionOff(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		h := newPAHouse(t, url, "2.0.1")
		id := h.subscribe()
		h.hook.await(t, `"handshake"`)
		h.until("active", func() bool { return h.state(id) == "active" })
		h.put(id, "off", "")
		h.pendAndDecide("WAIT-1")
		if got := h.state(id); got != "off" {
			t.Errorf("it is %s", got)
		}
		ends := fmt.Sprintf(`"end":%q,"criteria"`, h.clock.now().Add(time.Hour).UTC().Format(time.RFC3339))
		code, body := h.post("clinic-a", "/fhir/Subscription", fhirMedia, strings.Replace(subscriptionDoc("", "requested", h.hookS.URL+"/hook", ""), `"criteria"`, ends, 1))
		r, _ := fhir.Parse([]byte(body), fhir.Limits{})
		if code != http.StatusCreated || r == nil {
			t.Fatalf("%d %s", code, body)
		}
		h.until("active", func() bool { return h.state(r.ID) == "active" })
		h.clock.advance(2 * time.Hour)
		h.pendAndDecide("WAIT-2")
		h.until("off by its end", func() bool { return h.state(r.ID) == "off" })
		if got := h.hook.notices(); len(got) != 2 || got[0].kind != "handshake" || got[1].kind != "handshake" {
			t.Errorf("notified %v, want two handshakes", got)
		}
	})
}
