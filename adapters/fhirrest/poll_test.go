package fhirrest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// desk is the gateway and the store as a poller needs them.
type desk struct {
	places map[string]string
	ours   map[fhir.Ref]gateway.Remote
	in     map[string]int // key -> how often it came
	held   map[string]gateway.Code
	refuse func(*gateway.Message) error
	sends  func() []string // nil = nothing is under way
}

func newDesk() *desk {
	return &desk{places: map[string]string{}, ours: map[fhir.Ref]gateway.Remote{}, in: map[string]int{}, held: map[string]gateway.Code{}}
}

func (d *desk) Place(_ context.Context, _ gateway.PartnerID, feed string) (string, error) {
	return d.places[feed], nil
}

func (d *desk) Keep(_ context.Context, _ gateway.PartnerID, feed, place string) error {
	d.places[feed] = place
	return nil
}

func (d *desk) RemotesOf(context.Context, gateway.PartnerID, []fhir.Ref) (map[fhir.Ref]gateway.Remote, error) {
	return d.ours, nil
}

func (d *desk) Sending(context.Context, gateway.PartnerID) ([]string, error) {
	if d.sends == nil {
		return nil, nil
	}
	return d.sends(), nil
}

func (d *desk) Receive(_ context.Context, m *gateway.Message, _ gateway.Reply) (*gateway.Receipt, error) {
	if d.refuse != nil {
		if err := d.refuse(m); err != nil {
			return nil, err
		}
	}
	d.in[m.Key]++
	return &gateway.Receipt{Message: m}, nil
}

func (d *desk) Hold(_ context.Context, m *gateway.Message, f *gateway.Fault) error {
	d.held[m.Key] = f.Code
	return nil
}

func (d *desk) Lease(context.Context, string, string, time.Duration) (bool, error) { return true, nil }
func (d *desk) Unlease(context.Context, string, string) error                      { return nil }

// office is a poller with its desk, on a server with a clock.
type office struct {
	*desk
	t      *testing.T
	server *demo.FHIRServer
	now    time.Time
	poller *fhirrest.Poller
	url    string
}

func newOffice(t *testing.T, wrap func(http.Handler) http.Handler) *office {
	t.Helper()
	o := &office{t: t, desk: newDesk(), server: demo.NewFHIRServer("", false), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o.server.Now = func() time.Time { return o.now }
	h := http.StripPrefix("/fhir", o.server)
	if wrap != nil {
		h = wrap(h)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	o.url = srv.URL
	o.open()
	return o
}

// open makes a poller as a process that starts does.
func (o *office) open() {
	p := partner(o.url + "/fhir")
	p.Deliver.Token = ""
	p.Poll = &gateway.Poll{Types: []string{"Task"}, Every: time.Hour, Overlap: time.Minute, Page: 3}
	var err error
	if o.poller, err = fhirrest.NewPoller(p, fhirrest.Options{Now: func() time.Time { return o.now }}, o.desk, o.desk, o.desk, "i1"); err != nil {
		o.t.Fatal(err)
	}
}

// put writes Tasks straight into the server.
func (o *office) put(from, upto int) {
	o.t.Helper()
	for n := from; n <= upto; n++ {
		o.now = o.now.Add(time.Second)
		req := httptest.NewRequest(http.MethodPut, fmt.Sprintf("/Task/t%d", n), strings.NewReader(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order"}`, n)))
		w := httptest.NewRecorder()
		o.server.ServeHTTP(w, req)
		if w.Code >= 300 {
			o.t.Fatal(w.Code, w.Body)
		}
	}
}

func (o *office) look() error {
	_, err := o.poller.Once(context.Background())
	return err
}

func (o *office) mustLook() {
	o.t.Helper()
	if err := o.look(); err != nil {
		o.t.Fatal(err)
	}
}

func TestPollTakesEachVersionAndNoMoreOftenThanItMay(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 10)
	o.mustLook()
	if len(o.in) != 0 {
		t.Fatal("looked again before its time")
	}
	o.now = o.now.Add(time.Hour)
	o.mustLook()
	if len(o.in) != 10 || o.in["Task/t4/_history/1"] != 1 {
		t.Fatalf("%v", o.in)
	}
	o.open() // a restart
	o.now = o.now.Add(10 * time.Minute)
	o.put(4, 4)
	o.mustLook()
	if len(o.in) != 10 {
		t.Fatal("a restart made it look before its time")
	}
	o.now = o.now.Add(time.Hour)
	o.mustLook()
	if o.in["Task/t4/_history/2"] != 1 || len(o.in) != 11 {
		t.Errorf("%v", o.in)
	}
}

// A look that is cut off, by a crash or a gateway that is busy, goes on where it
// was and loses nothing.
func TestPollResumesExactly(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 10)
	o.now = o.now.Add(time.Hour)
	n := 0
	o.refuse = func(*gateway.Message) error {
		if n++; n == 5 {
			return &gateway.Fault{Op: "commit", Code: gateway.Busy, Err: errors.New("away")}
		}
		return nil
	}
	if err := o.look(); gateway.FaultOf(err).Code != gateway.Busy && !strings.Contains(fmt.Sprint(err), "away") {
		t.Fatalf("%v", err)
	}
	o.open()
	o.mustLook()
	if len(o.in) != 10 {
		t.Errorf("%d came: %v", len(o.in), o.in)
	}
	for key, times := range o.in {
		if times > 2 || key == "Task/t1/_history/1" && times != 1 {
			t.Errorf("%s came %d times", key, times)
		}
	}
}

func TestWhatTheGatewayRefusesIsHeld(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 3)
	o.now = o.now.Add(time.Hour)
	o.refuse = func(m *gateway.Message) error {
		if m.Ask.ID == "t2" {
			return gateway.Faultf("referral", gateway.Conflict, fhir.Issue{Found: "a move"})
		}
		return nil
	}
	o.mustLook()
	if len(o.in) != 2 || len(o.held) != 1 {
		t.Errorf("in %v, held %v", o.in, o.held)
	}
}

func TestWhatWeWroteOurselvesIsNoNews(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 2)
	o.ours["Task/t1"] = gateway.Remote{Ours: "Task/x", Theirs: "Task/t1", Version: "1"}
	o.now = o.now.Add(time.Hour)
	o.mustLook()
	if o.in["Task/t1/_history/1"] != 0 || o.in["Task/t2/_history/1"] != 1 {
		t.Errorf("%v", o.in)
	}
}

// The partner's server has our version, and the delivery that wrote it is not
// settled when the look reads the page: it waits for that delivery, and for no
// later one.
func TestWhatWeAreWritingIsNoNews(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 2)
	o.now = o.now.Add(time.Hour)
	asked := 0
	o.sends = func() []string {
		if asked++; asked < 3 {
			return []string{"before"}
		}
		o.ours = map[fhir.Ref]gateway.Remote{"Task/t1": {Ours: "Task/x", Theirs: "Task/t1", Version: "1"}}
		return []string{"later"}
	}
	o.mustLook()
	if o.in["Task/t1/_history/1"] != 0 || o.in["Task/t2/_history/1"] != 1 || asked != 3 {
		t.Errorf("%v, asked %d times", o.in, asked)
	}
}

// A delivery that does not end: nothing is taken, and the next look reads the same.
func TestALookDoesNotGuessWhoseVersionItIs(t *testing.T) {
	o := newOffice(t, nil)
	o.mustLook()
	o.put(1, 1)
	o.now = o.now.Add(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	o.sends = func() []string { cancel(); return []string{"before"} }
	if _, err := o.poller.Once(ctx); err == nil || len(o.in) != 0 {
		t.Fatalf("%v %v", err, o.in)
	}
	o.sends, o.now = nil, o.now.Add(time.Hour)
	o.mustLook()
	if o.in["Task/t1/_history/1"] != 1 {
		t.Errorf("%v", o.in)
	}
}

func TestNextLinksStayOnTheServer(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	o := newOffice(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/fhir/Task" {
				h.ServeHTTP(w, r)
				return
			}
			fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"%s/fhir/Task?p=2"}],"entry":[{"resource":{"resourceType":"Task","id":"t1","meta":{"versionId":"1","lastUpdated":"2026-03-02T09:00:01Z"},"status":"requested","intent":"order"}}]}`, other.URL)
		})
	})
	err := o.look()
	if gateway.FaultOf(err).Code != gateway.Denied || reached {
		t.Errorf("%v, reached %t", err, reached)
	}
	if o.in["Task/t1/_history/1"] != 1 {
		t.Error("what came before the link is lost")
	}
}
