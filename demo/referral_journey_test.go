package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/hl7v2"
)

// referral is a clinic's referral to the EHR's organization.
const referral = "MSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GATEWAY|TL|20260301120000-0500||REF^I12^REF_I12|D1|P|2.5.1\r" +
	"RF1|P^Pending^HL70283|R^Routine^HL70280|HCBS^Wraparound care coordination^L||O^Outpatient^HL70284|REF-1^DOGWOOD|20260301|20260901\r" +
	"PRD|RP^Referring Provider^HL70286|EXAMPLE^DOC||||||1999900073^NPI\rPRD|RT^Referred to Provider^HL70286||||||1999900040^NPI\r" +
	"PID|1||77^^^DOGWOOD^MR||EXAMPLE^ADA||20130514|F\r"

// TestReferralJourney: a clinic's REF^I12 over a real MLLP socket reaches the EHR
// as ServiceRequest and Task by FHIR; the Task is accepted there, the gateway
// learns it, and the clinic gets an RRI^I12. Everybody is away once in between.
func TestReferralJourney(t *testing.T) {
	w := newWorld(t, sqlite(t))
	for i := range w.cfg.Partners {
		w.cfg.Partners[i].Deliver = nil
	}
	server := demo.NewFHIRServer("token of the EHR", true)
	ehr := &away{t: t, handler: server}
	clinic := &receiver{away: away{t: t}, heard: make(chan string, 16)}
	ehr.address, clinic.address = freeAddress(t), freeAddress(t)
	p, d := w.cfg.Partner("ehr-a"), w.cfg.Partner("clinic-d")
	p.Wants = []gateway.Want{{Types: []string{"ServiceRequest", "Task"}}}
	p.Deliver = &gateway.Endpoint{Wire: "fhir", URL: "http://" + ehr.address, Token: "token of the EHR", Deduplicates: true, Timeout: 5 * time.Second}
	d.Wants = []gateway.Want{{Types: []string{"Task"}}}
	d.Deliver = &gateway.Endpoint{Wire: "mllp", URL: "mllp://" + clinic.address, Timeout: 5 * time.Second}
	url := w.serve(t)
	w.sendOut(t)

	// The clinic's first try is cut off, and the door restarts: the same again.
	door := w.door(t)
	conn := connect(t, door.addr)
	if _, err := io.WriteString(conn, "\x0b"+referral); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	door.stop()
	door = w.door(t)
	first := exchange(t, door.addr, referral)
	door.stop()
	door = w.door(t)
	if again := exchange(t, door.addr, referral); !strings.Contains(first, "MSA|AA|D1") || again != first {
		t.Fatalf("answered %q, and after a restart %q", first, again)
	}

	// The EHR was away all the time; now it comes back.
	w.tried(t, "ehr-a")
	ehr.start()
	var task fhir.Ref
	await(t, server, "the Task at the EHR", func(as []demo.Arrival) bool {
		request := false
		for _, a := range as {
			for _, ref := range a.Refs {
				switch fhir.Ref(ref).Type() {
				case "Task":
					task = fhir.Ref(ref)
				case "ServiceRequest":
					request = true
				}
			}
		}
		return task != "" && request
	})
	ehr.stop()

	// Its people accept; it tells the gateway.
	status, body := get(t, url+"/fhir/"+string(task), "ehr-a")
	if status != http.StatusOK || !strings.Contains(body, `"status":"requested"`) {
		t.Fatalf("%d %s", status, body)
	}
	accepted := strings.Replace(body, `"status":"requested"`, `"status":"accepted"`, 1)
	if status, body = put(t, url+"/fhir/"+string(task), "ehr-a", accepted); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}

	// The clinic's receiver was away; it comes back.
	w.tried(t, "clinic-d")
	clinic.start()
	select {
	case rri := <-clinic.heard:
		for _, want := range []string{"RRI^I12", "RF1|A^", "REF-1", "77^^^DOGWOOD"} {
			if !strings.Contains(rri, want) {
				t.Errorf("the answer has no %q: %q", want, rri)
			}
		}
	case <-time.After(40 * time.Second):
		t.Fatal("no RRI after 40 s")
	}
	clinic.stop()
	if log := w.log.String(); strings.Contains(log, "EXAMPLE") || strings.Contains(log, "20130514") {
		t.Error("a log line names the child")
	}
	door.stop()
}

// tried waits until a delivery to the partner has failed once.
func (w *world) tried(t *testing.T, p gateway.PartnerID) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-look.C {
		list, _, err := w.store.ListDeliveries(t.Context(), gateway.DeliveryFilter{Partner: p, State: "open"}, gateway.Paging{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if d.Attempts > 0 {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("nothing was tried at %s in 30 s", p)
		}
	}
}

// sendOut routes and drains to FHIR servers and MLLP receivers.
func (w *world) sendOut(t *testing.T) {
	t.Helper()
	wires := map[string]gateway.Wire{
		"fhir": {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return fhirrest.New(p, fhirrest.Options{}) }},
		"mllp": {Render: hl7v2.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return mllp.New(p, mllp.Options{}) }, Context: true},
	}
	run(t, &gateway.Route{Store: w.store, Leases: w.store, Hints: w.hints, Partners: w.all, Holder: "test", Sweep: 100 * time.Millisecond, Log: w.logger()},
		&gateway.Drain{Outbox: w.store, Hints: w.hints, Partners: w.all, Wires: wires, Holder: "test", Sweep: 100 * time.Millisecond, OpenFor: time.Second, Now: time.Now, Log: w.logger()})
}

func (w *world) all() []*gateway.Partner {
	out := make([]*gateway.Partner, len(w.cfg.Partners))
	for i := range w.cfg.Partners {
		out[i] = &w.cfg.Partners[i]
	}
	return out
}

// mllpDoor is the gateway's MLLP port.
type mllpDoor struct {
	addr string
	stop func()
}

func (w *world) door(t *testing.T) *mllpDoor {
	t.Helper()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &mllp.Listener{Listener: raw, Partners: w.all, Receive: w.Receive, NewID: w.NewID, Now: time.Now, Log: w.logger(),
		Supports: func(k gateway.Kind, p *gateway.Partner) bool { _, _, ok := mappings.For(k, p); return ok }}
	return &mllpDoor{raw.Addr().String(), start(t, l)}
}

// start runs a service; the result ends it.
func start(t *testing.T, s gateway.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// exchange sends one message and reads its answer.
func exchange(t *testing.T, address, message string) string {
	t.Helper()
	conn := connect(t, address)
	defer conn.Close()
	if _, err := io.WriteString(conn, "\x0b"+message+"\x1c\r"); err != nil {
		t.Fatal(err)
	}
	reply, err := bufio.NewReader(conn).ReadString(0x1c)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func put(t *testing.T, url string, as gateway.PartnerID, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	return ask(t, req, as)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// away is a partner that is there between start and stop, at one address.
type away struct {
	t       *testing.T
	address string
	handler http.Handler
	server  *http.Server
}

func (a *away) listen() net.Listener {
	a.t.Helper()
	l, err := net.Listen("tcp", a.address)
	if err != nil {
		a.t.Fatal(err)
	}
	return l
}

func (a *away) start() {
	l := a.listen()
	a.server = &http.Server{Handler: a.handler, ReadHeaderTimeout: 5 * time.Second}
	go func(s *http.Server) { _ = s.Serve(l) }(a.server)
	a.t.Cleanup(a.stop)
}

func (a *away) stop() { _ = a.server.Close() }

// receiver is a clinic's MLLP receiver: it takes everything.
type receiver struct {
	away
	heard    chan string
	listener net.Listener
	wg       sync.WaitGroup
}

func (r *receiver) start() {
	r.listener = r.listen()
	r.wg.Go(func() {
		for {
			conn, err := r.listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	})
	r.t.Cleanup(r.stop)
}

func (r *receiver) stop() {
	_ = r.listener.Close()
	r.wg.Wait()
}

func (r *receiver) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		frame, err := in.ReadBytes(0x1c)
		if err != nil {
			return
		}
		if _, err := in.Discard(1); err != nil {
			return
		}
		message := string(bytes.Trim(frame, "\x0b\x1c"))
		r.heard <- message
		control := strings.Split(message, "|")[9]
		if _, err := io.WriteString(conn, "\x0bMSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GATEWAY|TL|20260301||ACK|A1|P|2.5.1\rMSA|AA|"+control+"\r\x1c\r"); err != nil {
			return
		}
	}
}
