package demo_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store/storetest"
)

// decisionsCount is how many decisions are sent: THROUGHLINE_FAULTS=large raises
// it (make faults).
func decisionsCount() int {
	if os.Getenv("THROUGHLINE_FAULTS") == "large" {
		return 10000
	}
	return 120
}

// TestDecisionsInAnyOrder sends decisions through the store in random order, a
// third of them twice, four at a time, with the store closed and opened in
// between: the authorizations and the ledger end as if each had come once, in the
// order of its time.
func TestDecisionsInAnyOrder(t *testing.T) {
	const seed = 20260303
	random := rand.New(rand.NewPCG(seed, 1))
	n := decisionsCount()
	requests := max(3, n/20)
	sorted := drawDecisions(random, n, requests)
	shuffled := append(slices.Clone(sorted), sorted[:n/3]...)
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	storetest.EachURL(t, func(t *testing.T, url string) {
		want := newDecisionsWorld(t, sqlite(t), requests)
		for i, d := range sorted {
			want.send(fmt.Sprint(i), d.body)
		}
		got := newDecisionsWorld(t, url, requests)
		for part := range slices.Chunk(shuffled, len(shuffled)/4+1) {
			got.parallel(part)
			got = got.reopen(url)
		}
		if diff := cmp.Diff(want.authorizations(), got.authorizations()); diff != "" {
			t.Errorf("other authorizations (-sorted +shuffled):\n%s", diff)
		}
		if diff := cmp.Diff(want.ledger(), got.ledger()); diff != "" {
			t.Errorf("another ledger (-sorted +shuffled):\n%s", diff)
		}
		if len(got.ledger()) == 0 {
			t.Error("nothing was authorized")
		}
	})
}

type drawnDecision struct {
	at   time.Time
	body string
}

// drawDecisions makes decisions on requests of three items in two revisions,
// sorted by their time.
func drawDecisions(random *rand.Rand, n, requests int) []drawnDecision {
	out := make([]drawnDecision, n)
	for i := range out {
		request, revision := random.IntN(requests), 1+random.IntN(2)
		at := time.Date(2026, 3, 4, 9, 0, random.IntN(2_000_000), 0, time.UTC)
		items := ""
		for _, item := range random.Perm(3)[:1+random.IntN(3)] {
			more := [...]string{`"action":"A1"`, `"action":"A3","reason":"not shown to be needed"`, `"action":"A4"`,
				fmt.Sprintf(`"action":"A6","units":%d,"reason":"fewer"`, 1+random.IntN(8)), `"action":"C"`}[random.IntN(5)]
			if items != "" {
				items += ","
			}
			items += fmt.Sprintf(`{"item":%d,%s,"authorization_id":"N-%d-%d-%d"}`, item+1, more, request, item, random.IntN(3))
		}
		out[i] = drawnDecision{at, fmt.Sprintf(`{"record":"decision","trace_number":"R-%d","revision":%d,"decided_at":%q,"items":[%s]}`, request, revision, at.Format(time.RFC3339), items)}
	}
	slices.SortStableFunc(out, func(a, b drawnDecision) int { return a.at.Compare(b.at) })
	return out
}

// decisionsWorld is a gateway with requests that wait for decisions.
type decisionsWorld struct {
	*world
	t *testing.T
}

// decisionsMembers is over how many children the requests go.
const decisionsMembers = 20

func newDecisionsWorld(t *testing.T, url string, requests int) *decisionsWorld {
	t.Helper()
	w := openDecisionsWorld(t, url)
	for i := range min(decisionsMembers, requests) {
		w.take("mco-a", "json/enrollment", fmt.Sprint("e", i), fmt.Sprintf(`{"record":"enrollment","member_id":"SYN-PA-%d","start":"2026-01-01","payer":"mco-a","program":"wraparound"}`, i))
	}
	for i := range requests {
		trace := fmt.Sprint("R-", i)
		for revision := 1; revision <= 2; revision++ {
			w.take("clinic-a", "fhir/pas-submit", fmt.Sprintf("%s/%d", trace, revision), paThree(trace, fmt.Sprint("SYN-PA-", i%decisionsMembers), revision))
		}
	}
	return w
}

func openDecisionsWorld(t *testing.T, url string) *decisionsWorld {
	w := newWorld(t, url)
	w.Payers = func([]gateway.Identifier) []gateway.PartnerID { return []gateway.PartnerID{"mco-a"} }
	return &decisionsWorld{w, t}
}

// reopen closes the store and opens everything anew on the same data.
func (w *decisionsWorld) reopen(url string) *decisionsWorld {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	return openDecisionsWorld(w.t, url)
}

// take hands a message in; who is told that the gateway is busy sends the same
// again.
func (w *decisionsWorld) take(as gateway.PartnerID, kind gateway.Kind, key, body string) {
	r, err := w.Receive(w.t.Context(), &gateway.Message{Partner: as, Channel: "test", Kind: kind, Key: key, Body: []byte(body)}, nil)
	for again := 0; err != nil && gateway.FaultOf(err).Code == gateway.Busy && again < 5; again++ {
		r, err = w.Receive(w.t.Context(), &gateway.Message{Partner: as, Channel: "test", Kind: kind, Key: key, Body: []byte(body)}, nil)
	}
	if err != nil || r.State != gateway.Accepted {
		w.t.Errorf("%s %s: %v %+v", kind, key, err, r)
	}
}

// send sends a decision under a key of its own, so that a repeat is a message of
// its own too.
func (w *decisionsWorld) send(key, body string) { w.take("mco-a", "json/decision", key, body) }

func (w *decisionsWorld) parallel(part []drawnDecision) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range next {
				w.send(fmt.Sprintf("%p-%d", &part[i], i), part[i].body)
			}
		})
	}
	for i := range part {
		next <- i
	}
	close(next)
	wg.Wait()
}

// authorizations are what stands, by trace number, without what differs from one
// gateway to the next.
func (w *decisionsWorld) authorizations() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for after := ""; ; {
		list, next, err := w.store.Requests(w.t.Context(), gateway.Caller{Partner: "mco-a"}, "", gateway.Paging{After: after, Limit: 100})
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range list {
			text, err := json.Marshal(list[i].Items, json.Deterministic(true))
			if err != nil {
				w.t.Fatal(err)
			}
			out[list[i].Latest().Trace.Value] = string(list[i].State()) + " " + string(text)
		}
		if after = next; next == "" {
			return out
		}
	}
}

// ledger is what is authorized, by number.
func (w *decisionsWorld) ledger() map[string]string {
	out := map[string]string{}
	w.settle(w.t, func(r *ledger.Result) {
		for _, u := range r.Uses {
			if u.Auth.TakesPart() {
				out[u.Auth.ID] = fmt.Sprintf("%s %d of %s %s..%s", u.Auth.Status, u.Approved(), u.Auth.Code, u.Auth.Start, u.Auth.End)
			}
		}
	})
	if w.t.Failed() {
		w.t.Log(len(slices.Collect(maps.Keys(out))), "authorizations")
	}
	return out
}

// paThree is a request for three services; its second revision asks items 2 and 3
// anew.
func paThree(trace, member string, revision int) string {
	claim := func(revision int) string {
		related, units, changed, id := "", 9, "", trace
		if revision == 2 {
			related = `,"related":[{"claim":{"reference":"Claim/` + trace + `"},"relationship":{"coding":[{"code":"prior"}]}}]`
			units, id = 7, trace+"b"
			changed = `,"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged","valueCode":"changed"}]`
		}
		item := func(n, units int, more string) string {
			return fmt.Sprintf(`{"sequence":%d,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"H2021"}]},"servicedPeriod":{"start":"2026-03-15","end":"2026-12-14"},"quantity":{"value":%d}%s}`, n, units, more)
		}
		return fmt.Sprintf(`{"fullUrl":"http://clinic.example/fhir/Claim/%[1]s","resource":{"resourceType":"Claim","id":"%[1]s","identifier":[{"system":"urn:test:trace","value":"%[2]s"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/%[3]s"},"created":"2026-03-03","insurer":{"reference":"Organization/plan"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/%[3]s"}}]%[4]s,"item":[%[5]s,%[6]s,%[7]s]}}`,
			id, trace, member, related, item(1, 9, ""), item(2, units, changed), item(3, units, changed))
	}
	claims := claim(revision)
	if revision == 2 {
		claims += "," + claim(1)
	}
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":"T-%[1]s"},"timestamp":"2026-03-03T10:15:00Z","entry":[%[2]s,
	{"fullUrl":"http://clinic.example/fhir/Organization/us","resource":{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1999900016"}],"name":"Clinic"}},
	{"fullUrl":"http://clinic.example/fhir/Organization/plan","resource":{"resourceType":"Organization","id":"plan","identifier":[{"system":"http://throughline.example/sid/payer","value":"mco-a"}],"name":"Plan"}},
	{"fullUrl":"http://clinic.example/fhir/Coverage/%[3]s","resource":{"resourceType":"Coverage","id":"%[3]s","status":"active","subscriberId":"%[3]s","beneficiary":{"reference":"Patient/%[3]s"},"payor":[{"reference":"Organization/plan"}]}},
	{"fullUrl":"http://clinic.example/fhir/Patient/%[3]s","resource":{"resourceType":"Patient","id":"%[3]s","identifier":[{"system":"http://throughline.example/sid/medicaid","value":"%[3]s"}],"name":[{"family":"Sample"}]}}]}`, trace, claims, member)
}
