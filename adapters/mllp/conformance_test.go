package mllp_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "CANARY-Family-Sample"

// message is a small referral; extra fields of MSH come behind MSH-12.
func message(control, content string, msh ...string) string {
	return fmt.Sprintf("MSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GATEWAY|TL|20260301120000-0500||REF^I12^REF_I12|%s|P|2.5.1%s\rRF1|P|R\rPRD|RP|\rPID|1||%s^^^DOGWOOD^MR||%s\r",
		control, strings.Join(append([]string{""}, msh...), "|"), content, canary)
}

func clinic() *gateway.Partner {
	return &gateway.Partner{ID: "clinic-d", Kind: gateway.Clinic, Sends: []gateway.Kind{"hl7v2/*"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		HL7: &gateway.HL7{Applications: []string{"DOGWOOD_EHR"}, Facilities: []string{"DOGWOOD"}, Processing: []string{"P"}, Version: "2.5.1"}}
}

// entrance is a listener, and a sender that opens a connection for each message.
type entrance struct {
	t    *testing.T
	addr string
	stop func()
	mu   sync.Mutex
	conn net.Conn // kept
	in   *bufio.Reader
}

func (e *entrance) Stop() {
	e.stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.conn != nil {
		_ = e.conn.Close()
		e.conn = nil
	}
}

func (e *entrance) Send(n int, content string) adaptertest.Answer {
	return e.raw(wire(message(fmt.Sprint("C", n), content)))
}

// Half writes a part of a frame; the rest follows with the next bytes.
func (e *entrance) Half(n int, content string) (rest func() adaptertest.Answer) {
	b := wire(message(fmt.Sprint("C", n), content))
	at := len(b) / 2
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.dial() {
		e.t.Fatal("nobody listens")
	}
	if _, err := io.WriteString(e.conn, b[:at]); err != nil {
		e.t.Fatal(err)
	}
	return func() adaptertest.Answer { return e.raw(b[at:]) }
}

// dial connects unless a connection is kept.
func (e *entrance) dial() bool {
	if e.conn != nil {
		return true
	}
	conn, err := net.Dial("tcp", e.addr)
	if err != nil {
		return false
	}
	e.conn, e.in = conn, bufio.NewReader(conn)
	return true
}

func wire(m string) string { return "\x0b" + m + "\x1c\r" }

// raw writes bytes on the kept connection and reads one reply.
func (e *entrance) raw(b string) adaptertest.Answer {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.dial() {
		return adaptertest.Answer{Verdict: adaptertest.Silence}
	}
	_, err := io.WriteString(e.conn, b)
	var reply []byte
	if err == nil {
		reply, err = e.in.ReadBytes(0x1c)
	}
	if err == nil {
		_, err = e.in.Discard(1)
	}
	if err != nil {
		_ = e.conn.Close()
		e.conn = nil
		return adaptertest.Answer{Verdict: adaptertest.Silence}
	}
	reply = bytes.Trim(reply, "\x0b\x1c")
	return adaptertest.Answer{Verdict: verdictOf(reply), Bytes: reply}
}

// field reads "MSA-1" off a reply.
func field(reply []byte, path string) string {
	name, n, _ := strings.Cut(path, "-")
	for _, line := range strings.Split(string(reply), "\r") {
		f := strings.Split(line, "|")
		i := int(n[0] - '0')
		if f[0] == "MSH" {
			i--
		}
		if f[0] == name && i < len(f) {
			return f[i]
		}
	}
	return ""
}

func verdictOf(reply []byte) adaptertest.Verdict {
	code, why := field(reply, "MSA-1"), field(reply, "ERR-3")
	switch {
	case code == "":
		return adaptertest.Silence
	case code[1] == 'A':
		return adaptertest.Accepted
	case code[1] == 'R' && strings.HasPrefix(why, "207"):
		return adaptertest.Again
	}
	return adaptertest.Mend
}

// open starts a listener; change may alter it first.
func open(t *testing.T, in adaptertest.Intake, change ...func(*mllp.Listener)) *entrance {
	t.Helper()
	raw := adaptertest.Listen(t, "127.0.0.1:0")
	l := &mllp.Listener{Listener: raw, Partners: func() []*gateway.Partner { return []*gateway.Partner{in.Partner} }, Receive: in.Receive,
		Supports: func(k gateway.Kind, _ *gateway.Partner) bool { return k != "hl7v2/ZZZ^Z01" },
		NewID:    in.NewID, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, f := range change {
		f(l)
	}
	return &entrance{t: t, addr: raw.Addr().String(), stop: run(t, l)}
}

// run runs a service; the result ends it and waits.
func run(t *testing.T, s gateway.Service) (stop func()) {
	t.Helper()
	ctx, cancel := contextWithCancel(t)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestListenerConforms(t *testing.T) {
	adaptertest.Listeners(t, adaptertest.Listening{
		Wire: "MLLP", Partner: clinic(),
		Open: func(t *testing.T, in adaptertest.Intake) adaptertest.Entrance { return open(t, in) },
		Key: func(n int) (gateway.Kind, any) {
			return "hl7v2/REF^I12", fmt.Sprintf("DOGWOOD_EHR|DOGWOOD|C%d", n)
		},
	})
}

func parcel(n int) *gateway.Parcel {
	return &gateway.Parcel{Key: fmt.Sprint("C", n), Kind: "mllp", Body: []byte(message(fmt.Sprint("C", n), "x"))}
}

func TestSenderConforms(t *testing.T) {
	adaptertest.Senders(t, adaptertest.Sending{
		Wire:   "MLLP",
		Peer:   func(t *testing.T) adaptertest.Peer { return newPeer(t) },
		New:    func(t *testing.T, url string) gateway.Sender { return dial(t, url) },
		Parcel: parcel, Key: func(p *gateway.Parcel) string { return p.Key },
	})
}

func dial(t *testing.T, url string) *mllp.Sender {
	t.Helper()
	s, err := mllp.New(&gateway.Partner{Deliver: &gateway.Endpoint{URL: url, Timeout: 20 * time.Second}}, mllp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
