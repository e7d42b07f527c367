package mllp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// taken is a receiver that accepts and counts.
type taken struct {
	n    atomic.Int64
	last atomic.Pointer[gateway.Message]
	err  error
	held *gateway.Fault
}

func (k *taken) receive(_ context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error) {
	if k.err != nil {
		return nil, k.err
	}
	k.n.Add(1)
	m.ID, m.Received = "00000000-0000-7000-8000-000000000001", time.Unix(0, 0)
	k.last.Store(m)
	r := &gateway.Receipt{Message: m, State: gateway.Accepted}
	if k.held != nil {
		r.State, r.Fault = gateway.Held, k.held
	}
	r.Answer = reply(r)
	return r, nil
}

func intake(k *taken, p *gateway.Partner) adaptertest.Intake {
	return adaptertest.Intake{Receive: k.receive, Partner: p, NewID: func() gateway.MessageID { return "00000000-0000-7000-8000-000000000002" }}
}

func with(p *gateway.Partner, f func(*gateway.Partner)) *gateway.Partner { f(p); return p }

// TestAnswers walks the table of acknowledgements: what is sent, MSA-1, and ERR
// with location and condition.
func TestAnswers(t *testing.T) {
	good := message("C1", "x")
	for name, c := range map[string]struct {
		message string
		partner *gateway.Partner
		err     error
		want    string // MSA-1 MSA-2 ERR-2 ERR-3
	}{
		"accepted":                  {message: good, want: "AA C1"},
		"enhanced, always":          {message: message("C1", "x", "", "", "AL", "NE"), want: "CA C1"},
		"enhanced, errors only":     {message: message("C1", "x", "", "", "ER", "NE"), want: "none"},
		"enhanced, success only":    {message: message("C1", "x", "", "", "SU", "NE"), want: "CA C1"},
		"enhanced, never":           {message: message("C1", "x", "", "", "NE", "NE"), want: "none"},
		"enhanced, by application":  {message: message("C1", "x", "", "", "NE", "AL"), want: "AA C1"},
		"enhanced, error":           {message: message("C1", "x", "", "", "AL", "NE"), err: gateway.Faultf("map", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Path: "PID-3"}), want: "CE C1 PID^1^3^1 101"},
		"enhanced, refused":         {message: message("C1", "x", "", "", "ER", "NE"), err: &gateway.Fault{Code: gateway.Busy}, want: "CR C1  207"},
		"unknown application":       {message: strings.Replace(good, "DOGWOOD_EHR", "ELM_EHR", 1), want: "AR C1 MSH^1^3 204"},
		"unknown facility":          {message: strings.Replace(good, "|DOGWOOD|", "|ELM|", 1), want: "AR C1 MSH^1^3 204"},
		"another network":           {message: good, partner: with(clinic(), func(p *gateway.Partner) { p.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }), want: "AR C1 MSH^1^3 204"},
		"no proof at all":           {message: good, partner: with(clinic(), func(p *gateway.Partner) { p.Networks = nil }), want: "AR C1 MSH^1^3 204"},
		"certificate wanted":        {message: good, partner: with(clinic(), func(p *gateway.Partner) { p.HL7.Certificates = []string{"cn:dogwood"} }), want: "AR C1 MSH^1^3 204"},
		"training, not agreed":      {message: strings.Replace(good, "|P|2.5.1", "|T|2.5.1", 1), want: "AR C1 MSH^1^11 202"},
		"version":                   {message: strings.Replace(good, "|2.5.1", "|3.0", 1), want: "AR C1 MSH^1^12 203"},
		"type":                      {message: strings.Replace(good, "REF^I12^REF_I12", "ZZZ^Z01", 1), want: "AR C1 MSH^1^9 200"},
		"no control id":             {message: message("", "x"), want: "AE  MSH^1^10 101"},
		"long control id":           {message: message(strings.Repeat("9", 300), "x"), want: "AE " + strings.Repeat("9", 300) + " MSH^1^10 104"},
		"two messages in one frame": {message: good + good, want: "AE C1 MSH^2 100"},
		"no MSH":                    {message: "PID|1||77", want: "AR  MSH^1 100"},
		"nothing":                   {message: "", want: "AR  MSH^1 100"},
		"MSH cut off":               {message: "MSH|^~", want: "AR  MSH^1^3 204"},
		"not allowed":               {message: good, err: gateway.Faultf("receive", gateway.Denied, fhir.Issue{Code: "forbidden"}), want: "AR C1  200"},
		"same id, other content":    {message: good, err: gateway.Faultf("commit", gateway.Conflict, fhir.Issue{Code: "duplicate"}), want: "AR C1  205"},
		"code of a table":           {message: good, err: gateway.Faultf("map", gateway.Invalid, fhir.Issue{Code: "code-invalid", Path: "PID-8"}), want: "AE C1 PID^1^8^1 103"},
		"internal":                  {message: good, err: errors.New("CANARY in an error"), want: "AR C1  207"},
	} {
		t.Run(name, func(t *testing.T) {
			k := &taken{err: c.err}
			p := c.partner
			if p == nil {
				p = clinic()
			}
			e := open(t, intake(k, p))
			defer e.Stop()
			if c.want == "none" { // the next one is answered: the first was not
				reply := e.raw(wire(c.message) + wire(message("C2", "x"))).Bytes
				if got := field(reply, "MSA-2"); got != "C2" || k.n.Load() != 2 {
					t.Errorf("answered %q, took %d", got, k.n.Load())
				}
				return
			}
			reply := e.raw(wire(c.message)).Bytes
			condition, _, _ := strings.Cut(field(reply, "ERR-3"), "^")
			got := strings.TrimSpace(strings.Join([]string{field(reply, "MSA-1"), field(reply, "MSA-2"), field(reply, "ERR-2"), condition}, " "))
			if got != strings.TrimSpace(c.want) {
				t.Errorf("%q, want %q; all of it: %q", got, c.want, reply)
			}
			if s := string(reply); strings.Contains(s, "CANARY") {
				t.Errorf("the answer shows what it must not: %q", s)
			}
		})
	}
}

// Who asks for both acknowledgements gets both, each a message of its own; our own
// sender waits for the second.
func TestBothAnswers(t *testing.T) {
	e := open(t, intake(&taken{}, clinic()))
	defer e.Stop()
	conn := connect(t, e)
	if _, err := io.WriteString(conn, wire(message("C1", "x", "", "", "AL", "AL"))); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	var controls []string
	for _, want := range []string{"CA", "AA"} {
		reply, err := in.ReadBytes(0x1c)
		if err != nil {
			t.Fatal(err)
		}
		if got := field(reply, "MSA-1"); got != want || field(reply, "MSA-2") != "C1" {
			t.Errorf("%s, want %s: %q", got, want, reply)
		}
		controls = append(controls, strings.Split(string(reply), "|")[9])
		if _, err := in.Discard(1); err != nil {
			t.Fatal(err)
		}
	}
	if controls[0] == controls[1] || len(controls[1]) != 20 {
		t.Errorf("the answers are numbered %q", controls)
	}
	p := &gateway.Parcel{Body: []byte(message("C2", "x", "", "", "AL", "AL"))}
	if remote, err := dial(t, "mllp://"+e.addr).Send(t.Context(), p); err != nil || remote != controls[1] {
		t.Errorf("our own sender: %q %v", remote, err)
	}
}

// A message that is held is accepted, and its answer says that and where.
func TestHeldIsSaid(t *testing.T) {
	e := open(t, intake(&taken{held: gateway.Faultf("commit", gateway.Ambiguous, fhir.Issue{Code: "multiple-matches", Path: "PID-3", Found: "ids of two people"})}, clinic()))
	defer e.Stop()
	reply := e.raw(wire(message("C1", "x"))).Bytes
	want := "MSA|AA|C1|Message accepted\rERR||PID^1^3^1|0^Message accepted^HL70357|W||||ids of two people; nothing: the message is kept and waits for a person\r"
	if !strings.HasSuffix(string(reply), want) {
		t.Errorf("%q, want %q", reply, want)
	}
}

// Test traffic is marked for its own world.
func TestTrainingIsATest(t *testing.T) {
	k := &taken{}
	e := open(t, intake(k, with(clinic(), func(p *gateway.Partner) { p.HL7.Processing = []string{"P", "T"} })))
	defer e.Stop()
	for processing, test := range map[string]bool{"P": false, "T": true} {
		e.raw(wire(strings.Replace(message("C1", "x"), "|P|2.5.1", "|"+processing+"|2.5.1", 1)))
		if m := k.last.Load(); m == nil || m.Test != test {
			t.Errorf("MSH-11 %s: %+v", processing, m)
		}
	}
}

// An acknowledgement that nobody waits for is never acknowledged.
func TestNoAnswerToAnAnswer(t *testing.T) {
	k := &taken{}
	e := open(t, intake(k, clinic()))
	defer e.Stop()
	ack := "MSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GW|TL|20260301||ACK|A1|P|2.5.1\rMSA|AA|X\r"
	if reply := e.raw(wire(ack) + wire(message("C2", "x"))).Bytes; field(reply, "MSA-2") != "C2" || k.n.Load() != 1 {
		t.Errorf("%q, took %d", reply, k.n.Load())
	}
}

// connect opens a connection that closes with the test.
func connect(t *testing.T, e *entrance) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", e.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// closed waits until the listener has closed the connection.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, conn); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes, %v; want the connection closed", n, err)
	}
}

// F28: a peer that sends a byte now and then holds a connection no longer than a
// frame may take, and one that sends nothing no longer than the idle time.
func TestSlowloris(t *testing.T) {
	e := open(t, intake(&taken{}, clinic()), func(l *mllp.Listener) {
		l.Limits = mllp.Limits{Frame: 200 * time.Millisecond, Idle: 200 * time.Millisecond}
	})
	defer e.Stop()
	for name, drip := range map[string]string{"in a frame": "\x0bMSH|^~", "between frames": "\r", "silent": ""} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, e)
			done := make(chan struct{})
			go func() { // a byte at a time until the connection is closed
				defer close(done)
				for _, b := range []byte(drip + strings.Repeat("\r", 1000*min(1, len(drip)))) {
					if _, err := conn.Write([]byte{b}); err != nil {
						return
					}
				}
			}()
			closed(t, conn)
			<-done
		})
	}
	if got := e.Send(1, "a"); got.Verdict != adaptertest.Accepted {
		t.Errorf("others: %+v", got)
	}
}

// F29: a frame without end is cut off at the limit, and the memory stays bounded
// however many send one.
func TestEndlessFrames(t *testing.T) {
	e := open(t, intake(&taken{}, clinic()), func(l *mllp.Listener) { l.Limits = mllp.Limits{Message: 5 << 20, Memory: 24 << 20} })
	defer e.Stop()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	const peers = 16
	for range peers {
		conn := connect(t, e)
		go func() {
			defer func() { done <- struct{}{} }()
			block := []byte(strings.Repeat("x", 1<<16))
			_, err := conn.Write([]byte{0x0b})
			for sent := 0; err == nil && sent < 64<<20; sent += len(block) {
				_, err = conn.Write(block)
			}
			if err == nil {
				t.Error("64 MB of a frame were taken")
			}
		}()
	}
	for range peers {
		<-done
	}
	runtime.ReadMemStats(&after)
	// 24 MB are held at most; the collector lets the heap double and more before it
	// runs. Without the budget it were a gigabyte.
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 160<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	if got := e.Send(1, "a"); got.Verdict != adaptertest.Accepted {
		t.Errorf("others: %+v", got)
	}
}

// F32: nothing that is sent ends the listener, and each frame gets one answer
// that is no success.
func TestMalformedMessages(t *testing.T) {
	k := &taken{}
	e := open(t, intake(k, clinic()))
	defer e.Stop()
	good := message("C1", "x")
	bad := []string{"", "\r\r", "MSH", "MSH|", "MSH|||||||", "MSHA^~\\&|a", "\x00\x01\x02", "\xff\xfe\x00M", strings.Repeat("|", 100_000), strings.Repeat("MSH|^~\\&|\r", 1000),
		"FHS|^~\\&|a\rBHS|^~\\&|a\r" + good + "BTS|1\rFTS|1\r", strings.ReplaceAll(good, "|", "\x01"), "MSH|||||" + strings.Repeat("^", 1<<16), strings.Replace(good, "MSH|^~\\&", "MSH|||||", 1)}
	for i := range good {
		if cut := good[:i]; i < strings.Index(good, "|2.5.1") {
			bad = append(bad, cut)
		}
	}
	for _, b := range bad {
		if got := e.raw(wire(b)); got.Verdict == adaptertest.Silence || got.Verdict == adaptertest.Accepted {
			t.Errorf("%.60q: %s %q", b, got.Verdict, got.Bytes)
		}
	}
	if k.n.Load() != 0 {
		t.Errorf("%d were taken", k.n.Load())
	}
	if got := e.raw(wire(good)); got.Verdict != adaptertest.Accepted {
		t.Errorf("a good one after them: %q", got.Bytes)
	}
}

// The samples of the specifications are answered, each frame once.
func TestSamplesAreAnswered(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/spec/hl7v2/*/*.hl7")
	if len(files) == 0 {
		t.Skip("without the samples of ../shared/spec: they are not there")
	}
	p := clinic()
	p.HL7.Applications, p.HL7.Facilities = nil, nil
	p.HL7.Processing = []string{"P", "T", "D"}
	e := open(t, intake(&taken{}, p))
	defer e.Stop()
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), "\x0b") || strings.Contains(string(body), "|ACK") {
			continue
		}
		text := string(body) + "\x1c\r" + wire(message("END", "x")) // whatever a sample asks for, the one behind it is answered
		if e.raw("\x0b"+text).Verdict == adaptertest.Silence {
			t.Errorf("%s: no answer", name)
		}
		e.mu.Lock()
		_ = e.conn.Close()
		e.conn = nil
		e.mu.Unlock()
	}
}

// Two glued frames are answered in order on one connection.
func TestGluedAndSplitFrames(t *testing.T) {
	k := &taken{}
	e := open(t, intake(k, clinic()))
	defer e.Stop()
	conn := connect(t, e)
	text := wire(message("C1", "x")) + wire(message("C2", "x"))
	go func() {
		for i := range len(text) {
			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return
			}
		}
	}()
	in := bufio.NewReader(conn)
	for _, want := range []string{"C1", "C2"} {
		reply, err := in.ReadBytes(0x1c)
		if err != nil {
			t.Fatal(err)
		}
		if got := field(reply, "MSA-2"); got != want {
			t.Errorf("answer to %q, want %q", got, want)
		}
	}
}

func TestTooManyConnections(t *testing.T) {
	e := open(t, intake(&taken{}, clinic()), func(l *mllp.Listener) { l.Limits = mllp.Limits{Connections: 3} })
	defer e.Stop()
	exchange := func(conn net.Conn) bool {
		_, _ = conn.Write([]byte(wire(message("C1", "x"))))
		_, err := bufio.NewReader(conn).ReadBytes(0x1c)
		return err == nil
	}
	for range 3 {
		if !exchange(connect(t, e)) {
			t.Fatal("a connection below the cap was refused")
		}
	}
	if exchange(connect(t, e)) {
		t.Error("a connection above the cap was served")
	}
}

func TestRate(t *testing.T) {
	k := &taken{}
	e := open(t, intake(k, clinic()), func(l *mllp.Listener) {
		l.Allow = func(context.Context, gateway.PartnerID, int) (bool, time.Duration) { return false, time.Second }
	})
	defer e.Stop()
	if got := e.Send(1, "a"); got.Verdict != adaptertest.Again || k.n.Load() != 0 {
		t.Errorf("%+v", got)
	}
}
