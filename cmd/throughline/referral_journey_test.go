package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// loopConfig has a clinic that speaks HL7 v2, an EHR that speaks FHIR and is
// asked for its changes, and an agency that speaks HL7 v2.
const loopConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, hl7v2: {listen: %[1]q}}
programs: {packs: [wraparound]}
partners:
  - id: clinic
    name: A clinic
    kind: clinic
    npi: ["1999900073"]
    networks: [127.0.0.0/8]
    hl7v2: {applications: [DOGWOOD_EHR], facilities: [DOGWOOD], systems: {DOGWOOD: http://dogwood.example/sid/mrn}}
    wants: [{types: [Task]}]
    deliver: {wire: mllp, url: "mllp://%[2]s", timeout: 5s}
  - id: ehr
    name: An EHR
    kind: ehr
    npi: ["1999900040"]
    wants: [{types: [ServiceRequest, Task]}]
    deliver: {wire: fhir, url: "http://%[3]s", token: env:EHR_TOKEN, timeout: 5s}
    poll: {types: [Task], every: 50ms}
  - id: birch
    name: An agency
    kind: agency
    npi: ["1999900024"]
    networks: [127.0.0.0/8]
    hl7v2: {applications: [BIRCH], facilities: [BIRCH]}
    wants: [{types: [ServiceRequest, Task]}]
    deliver: {wire: mllp, url: "mllp://%[4]s", timeout: 5s}
`

// loop is the three partners and what the gateway runs on.
type loop struct {
	t             *testing.T
	store, path   string
	door          string // address of the gateway's MLLP port
	clinic, birch *phone
	ehr           *fhirHouse
	app           *App
}

func newLoop(t *testing.T, store string) *loop {
	t.Helper()
	dir := t.TempDir()
	l := &loop{t: t, store: store, path: filepath.Join(dir, "c.yaml"), door: freeAddress(t),
		clinic: newPhone(t, "DOGWOOD_EHR"), birch: newPhone(t, "BIRCH"), ehr: &fhirHouse{t: t, FHIRServer: demo.NewFHIRServer("token-of-the-ehr", true), address: freeAddress(t)}}
	if err := os.WriteFile(l.path, fmt.Appendf(nil, loopConfig, l.door, l.clinic.address, l.ehr.address, l.birch.address), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *loop) start() (stop func()) {
	app, _, stop := running(l.t, l.path, l.store, filepath.Dir(l.path), map[string]string{"EHR_TOKEN": "token-of-the-ehr"})
	l.app = app
	return stop
}

// referralTo is the clinic's referral to whoever has the NPI.
func referralTo(npi, control string) string {
	return "MSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GATEWAY|TL|20260301120000-0500||REF^I12^REF_I12|" + control + "|P|2.5.1\r" +
		"RF1|P^Pending^HL70283|R^Routine^HL70280|HCBS^Wraparound care coordination^L||O^Outpatient^HL70284|REF-" + control + "^DOGWOOD|20260301|20991231\r" +
		"PRD|RP^Referring Provider^HL70286|EXAMPLE^DOC||||||1999900073^NPI\rPRD|RT^Referred to Provider^HL70286||||||" + npi + "^NPI\r" +
		"PID|1||MRN7731^^^DOGWOOD^MR||ZZYZXLOOP^QWFPLOOP||20130514|F\r"
}

// TestReferralJourney: a clinic's REF^I12 over a real MLLP socket reaches the EHR
// as ServiceRequest and Task by FHIR; the Task is accepted there, the gateway
// finds it by asking, and the clinic gets an RRI^I12. The gateway, the EHR and
// the clinic start anew in the middle.
func TestReferralJourney(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		l := newLoop(t, url)
		l.clinic.start()
		l.birch.start()
		stop := l.start()
		first := l.send(referralTo("1999900040", "D1"))
		if !strings.Contains(first, "MSA|AA|D1") {
			t.Fatalf("answered %q", first)
		}
		l.tried("ehr") // it is away

		stop()
		defer l.start()()
		if again := l.send(referralTo("1999900040", "D1")); again != first {
			t.Fatalf("after a restart answered %q, before %q", again, first)
		}
		l.ehr.start()
		task := l.ehr.wait("Task")
		l.ehr.wait("ServiceRequest")

		l.ehr.stop()
		l.clinic.stop()
		if !l.ehr.Edit(task, func(r *fhir.Resource) []byte {
			return bytes.Replace(r.JSON, []byte(`"status":"requested"`), []byte(`"status":"accepted"`), 1)
		}) {
			t.Fatal("the EHR cannot accept the Task")
		}
		l.ehr.start()
		l.tried("clinic") // it is away
		l.clinic.start()
		rri := l.clinic.next()
		for strings.Contains(rri, "RF1|P^") { // the EHR's own version of what it got, when it is asked before it has answered
			rri = l.clinic.next()
		}
		for _, want := range []string{"RRI^I12", "MSA|AA|D1", "RF1|A^", "REF-D1", "MRN7731^^^DOGWOOD"} {
			if !strings.Contains(rri, want) {
				t.Errorf("the answer has no %q: %q", want, rri)
			}
		}
		if _, text := l.ehr.Resource(task); !bytes.Contains(text, []byte(`"accepted"`)) {
			t.Errorf("the EHR's own word was overwritten: %s", text)
		}
	})
}

// TestReferralAnsweredByHL7: a referral to an agency that speaks HL7 v2 is a
// REF^I12 there, and its RRI moves the Task and comes back to the clinic.
func TestReferralAnsweredByHL7(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		l := newLoop(t, url)
		l.clinic.start()
		l.birch.start()
		defer l.start()()
		if reply := l.send(referralTo("1999900024", "D2")); !strings.Contains(reply, "MSA|AA|D2") {
			t.Fatalf("answered %q", reply)
		}
		ref := l.birch.next()
		number := field(ref, "RF1", 6)
		if !strings.Contains(ref, "REF^I12") || !strings.HasSuffix(number, "^THROUGHLINE") {
			t.Fatalf("the agency got %q", ref)
		}
		for who, number := range map[string]string{"DOGWOOD_EHR": "REF-D2^DOGWOOD", "BIRCH": number} {
			if got := l.send(questionOf(who, "Q1", number)); !strings.Contains(got, "RRI^I15^RRI_I12") || !strings.Contains(got, "MSA|AA|Q1\r") || strings.Contains(got, "ZZYZXLOOP^QWFPLOOP") != (who == "DOGWOOD_EHR") || !strings.Contains(got, "RF1|P^Pending") || !strings.Contains(got, "|"+number) {
				t.Errorf("%s asks for %s and is told %q", who, number, got)
			}
		}
		answer := "MSH|^~\\&|BIRCH|BIRCH|GATEWAY|TL|20260302120000-0500||RRI^I12^RRI_I12|B1|P|2.5.1\rMSA|AA|" + field(ref, "MSH", 9) +
			"\rRF1|R^Rejected^HL70283||||| " + number + "\rPRD|RT|||||||1999900024^NPI\rPID|1||78^^^BIRCH^MR\rNTE|1||No place before June.\r"
		if reply := l.send(strings.Replace(answer, " "+number, number, 1)); !strings.Contains(reply, "MSA|AA|B1") {
			t.Fatalf("answered %q", reply)
		}
		rri := l.clinic.next()
		for _, want := range []string{"RRI^I12", "MSA|AA|D2", "RF1|R^Rejected", "REF-D2", "No place before June."} {
			if !strings.Contains(rri, want) {
				t.Errorf("the clinic's answer has no %q: %q", want, rri)
			}
		}
		if again := l.send(questionOf("DOGWOOD_EHR", "Q1", "REF-D2^DOGWOOD")); !strings.Contains(again, "RF1|P^Pending") {
			t.Errorf("the same question again is not the first answer: %q", again)
		}
		if got := l.send(questionOf("DOGWOOD_EHR", "Q2", "REF-D2")); !strings.Contains(got, "RF1|R^Rejected") || !strings.Contains(got, "No place before June.") {
			t.Errorf("a new question is told %q", got)
		}
		l.strangers()
	})
}

// questionOf asks for the status of a referral.
func questionOf(app, control, number string) string {
	return "MSH|^~\\&|" + app + "|" + strings.TrimSuffix(app, "_EHR") + "|GATEWAY|TL|20260302110000-0500||REF^I15^REF_I12|" + control + "|P|2.5.1\rRF1||||||" + number + "\r"
}

// strangers: a referral to somebody else and one that is not there are the same
// to who asks.
func (l *loop) strangers() {
	l.t.Helper()
	if reply := l.send(referralTo("1999900040", "D3")); !strings.Contains(reply, "MSA|AA|D3") {
		l.t.Fatalf("answered %q", reply)
	}
	other, absent := l.send(questionOf("BIRCH", "Q3", "REF-D3")), l.send(questionOf("BIRCH", "Q4", "REF-D4"))
	if !strings.Contains(other, "RRI^I15^RRI_I12") || !strings.Contains(other, "MSA|AE|Q3|") || !strings.Contains(other, "ERR||RF1^1^6^1|204^") {
		l.t.Errorf("another's referral: %q", other)
	}
	varies := regexp.MustCompile(`\|20\d{12}[+-]\d{4}\||\|[0-9a-f]{20}\||Q[34]`)
	if a, b := varies.ReplaceAllString(other, ""), varies.ReplaceAllString(absent, ""); a != b {
		l.t.Errorf("another's and an absent referral differ:\n%q\n%q", a, b)
	}
}

// field is the n-th field of the first segment of a name; of MSH one less.
func field(message, segment string, n int) string {
	for _, line := range strings.Split(message, "\r") {
		if f := strings.Split(line, "|"); f[0] == segment && n < len(f) {
			return f[n]
		}
	}
	return ""
}

// send sends one message to the gateway and reads its answer.
func (l *loop) send(message string) string {
	l.t.Helper()
	conn, err := new(net.Dialer).DialContext(l.t.Context(), "tcp", l.door)
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "\x0b"+message+"\x1c\r"); err != nil {
		l.t.Fatal(err)
	}
	reply, err := bufio.NewReader(conn).ReadString(0x1c)
	if err != nil {
		l.t.Fatal(err)
	}
	return reply
}

// tried waits until a delivery to the partner has failed once.
func (l *loop) tried(p gateway.PartnerID) {
	l.t.Helper()
	eventually(l.t, "a try at "+string(p), func() bool {
		list, _, err := l.app.Store.ListDeliveries(context.Background(), gateway.DeliveryFilter{Partner: p, State: "open"}, gateway.Paging{})
		if err != nil {
			l.t.Fatal(err)
		}
		for _, d := range list {
			if d.Attempts > 0 {
				return true
			}
		}
		return false
	})
}

// eventually looks again and again for something that others do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l := adaptertest.Listen(t, "127.0.0.1:0")
	defer l.Close()
	return l.Addr().String()
}

// fhirHouse is an EHR that is there between start and stop.
type fhirHouse struct {
	*demo.FHIRServer
	t       *testing.T
	address string
	server  *http.Server
}

func (h *fhirHouse) start() {
	l := adaptertest.Listen(h.t, h.address)
	s := &http.Server{Handler: h.FHIRServer, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.Serve(l) }()
	h.server = s
	h.t.Cleanup(h.stop)
}

func (h *fhirHouse) stop() { _ = h.server.Close() }

// wait waits for a resource of a type.
func (h *fhirHouse) wait(typ string) (ref fhir.Ref) {
	h.t.Helper()
	eventually(h.t, "a "+typ+" at the EHR", func() bool {
		refs := h.Refs(typ)
		if len(refs) > 0 {
			ref = refs[0]
		}
		return ref != ""
	})
	return ref
}

// phone is a partner's MLLP receiver: it takes everything, and answers with an ACK
// where answer has nothing to say.
type phone struct {
	t        *testing.T
	answer   func(message string) string
	name     string
	address  string
	heard    chan string
	listener net.Listener
	wg       sync.WaitGroup
}

func newPhone(t *testing.T, name string) *phone {
	return &phone{t: t, name: name, address: freeAddress(t), heard: make(chan string, 16)}
}

func (p *phone) start() {
	l := adaptertest.Listen(p.t, p.address)
	p.listener = l
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(conn) })
		}
	})
	p.t.Cleanup(func() { _ = l.Close() })
}

// stop ends the listening; who is connected goes with the next message.
func (p *phone) stop() { _ = p.listener.Close() }

func (p *phone) serve(conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(p.t.Context(), func() { _ = conn.Close() })()
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
		p.heard <- message
		reply := fmt.Sprintf("MSH|^~\\&|%s|X|GATEWAY|TL|20260301||ACK|A1|P|2.5.1\rMSA|AA|%s\r", p.name, field(message, "MSH", 9))
		if p.answer != nil {
			reply = cmp.Or(p.answer(message), reply)
		}
		if _, err := io.WriteString(conn, "\x0b"+reply+"\x1c\r"); err != nil {
			return
		}
	}
}

func (p *phone) next() string {
	p.t.Helper()
	select {
	case m := <-p.heard:
		return m
	case <-time.After(time.Minute):
		p.t.Fatal("nothing came to " + p.name)
		return ""
	}
}
