package mllp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// Options are what the partner's profile does not say.
type Options struct {
	TLS   *tls.Config    // roots and client certificate of a mllps endpoint; nil = the system's roots
	Allow []netip.Prefix // private networks its name may resolve to
}

// Sender brings messages to one partner, one after the other on a connection
// that is kept.
type Sender struct {
	address string
	dialer  *net.Dialer
	tls     *tls.Config // nil = plain
	timeout time.Duration
	place   chan struct{} // whoever holds it may use conn
	conn    net.Conn      // nil = none
	in      *frames
}

// maxReply bounds an acknowledgement.
const maxReply = 256 << 10

// New makes the sender of a partner. Its URL is mllps://host:port, or
// mllp://host:port for an address of the own machine or a private network.
func New(p *gateway.Partner, o Options) (*Sender, error) {
	u, err := url.Parse(p.Deliver.URL)
	if err != nil || u.Port() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("endpoint url: want mllps://host:port")
	}
	s := &Sender{address: u.Host, dialer: guard.Dialer(u, o.Allow), timeout: cmp.Or(p.Deliver.Timeout, 30*time.Second), place: make(chan struct{}, 1)}
	switch {
	case u.Scheme == "mllps":
		s.tls = &tls.Config{}
		if o.TLS != nil {
			s.tls = o.TLS.Clone()
		}
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12)
		s.tls.ServerName = cmp.Or(s.tls.ServerName, u.Hostname())
	case u.Scheme != "mllp" || !inside(u.Hostname()):
		return nil, fmt.Errorf("endpoint url: scheme %q: want mllps (mllp only to an address of this machine or of a private network)", u.Scheme)
	}
	return s, nil
}

// inside says whether a host is this machine or a private address, where a VPN
// takes the place of TLS.
func inside(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate())
}

// Close ends the connection.
func (s *Sender) Close() {
	s.place <- struct{}{}
	s.hangUp()
	<-s.place
}

// Send writes a parcel and waits for its acknowledgement: only one whose MSA-2
// is the parcel's MSH-10 counts. After any other, after a timeout and after a
// broken connection the socket is closed and the same bytes go again later. A
// parcel may hold several messages.
// remote is the receiver's own MSH-10.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (remote string, err error) {
	parts, err := hl7v2.Split(p.Body)
	if err != nil {
		parts = [][]byte{p.Body} // one says why it cannot be sent
	}
	for _, part := range parts { // after a failure all go again: the receiver knows those it has by MSH-10
		a, err := s.one(ctx, part)
		if err != nil {
			return "", err
		}
		remote = a.from
	}
	return remote, nil
}

// Ask sends a question and gives the message that answers it on its connection: an
// RRI^I15 from who answers at once (HL7 v2 11.3.5), else an ACK.
func (s *Sender) Ask(ctx context.Context, body []byte) (answer []byte, err error) {
	a, err := s.one(ctx, body)
	return a.text, err
}

// one sends one message.
func (s *Sender) one(ctx context.Context, body []byte) (ack, error) {
	h, err := hl7v2.Peek(body)
	if err != nil || h.Control == "" {
		return ack{}, gateway.Faultf("send", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Path: "MSH-10", Found: "a message that cannot be acknowledged", Fix: "give it an MSH-10"})
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	select {
	case s.place <- struct{}{}:
		defer func() { <-s.place }()
	case <-ctx.Done():
		return ack{}, guard.NoAnswer(ctx.Err())
	}
	kept := s.conn != nil
	a, err := s.exchange(ctx, h, body)
	if kept && errors.Is(err, errGone) && ctx.Err() == nil { // it was closed while nothing was sent: once more on a new one
		a, err = s.exchange(ctx, h, body)
	}
	return a, err
}

// errGone says that a connection ended before a byte of a reply came.
var errGone = errors.New("the connection ended before a reply")

// exchange is one try on one connection.
func (s *Sender) exchange(ctx context.Context, h hl7v2.Header, body []byte) (ack, error) {
	if err := s.dial(ctx); err != nil {
		s.hangUp()
		return ack{}, guard.NoAnswer(err)
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() { // the deadline is set, or will be: nothing may follow
			s.hangUp()
		}
	}()
	if _, err := conn.Write(framed(body)); err != nil {
		s.hangUp()
		return ack{}, guard.NoAnswer(fmt.Errorf("%w: %w", errGone, err))
	}
	return s.await(h)
}

// await reads the reply to a message; in enhanced mode with MSH-16 AL the
// application's behind the commit's (HL7 v2 2.9.3).
func (s *Sender) await(h hl7v2.Header) (ack, error) {
	for {
		reply, err := s.in.next()
		if err != nil {
			s.hangUp()
			if errors.Is(err, io.EOF) || !errors.Is(err, errCutOff) && !isTimeout(err) && !errors.Is(err, errTooLong) && !errors.Is(err, errJunk) {
				err = fmt.Errorf("%w: %w", errGone, err)
			}
			return ack{}, guard.NoAnswer(err)
		}
		a, err := readAck(reply)
		if err != nil || a.control != h.Control {
			s.hangUp()
			return ack{}, guard.NoAnswer(errOther)
		}
		if a.code == "CA" && h.AppAck == "AL" {
			continue
		}
		return a, a.fault()
	}
}

// errOther says that a reply was none to our message. What it says stays out.
var errOther = errors.New("the reply is no acknowledgement of this message (MSA-2)")

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// dial connects unless a connection is kept.
func (s *Sender) dial(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	if s.tls != nil {
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = secure
	}
	s.conn, s.in = conn, newFrames(conn, maxReply, 1<<10)
	return nil
}

func (s *Sender) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.conn, s.in = nil, nil
}

// ack is what an acknowledgement says.
type ack struct {
	code    string // MSA-1
	control string // MSA-2
	from    string // its own MSH-10
	errors  []string
	text    []byte // all of it
}

// codes are all that MSA-1 may be (table 0008).
var codes = []string{"AA", "AE", "AR", "CA", "CE", "CR"}

func readAck(b []byte) (ack, error) {
	m, err := hl7v2.Parse(b, hl7v2.Limits{Bytes: maxReply})
	if err != nil {
		return ack{}, err
	}
	a := ack{code: m.Get("MSA-1").Text(), control: m.Get("MSA-2").Text(), from: m.Header().Control, text: b}
	if !slices.Contains(codes, a.code) {
		return ack{}, errOther
	}
	for _, e := range m.All("ERR") {
		code := e.Field(3).Comp(1).Text()
		if code == "" { // before v2.5: the last component of ERR-1
			code = e.Field(1).Comp(4).Sub(1).Text()
		}
		if code != "" {
			a.errors = append(a.errors, code)
		}
	}
	return a, nil
}

// lasting are the conditions of table 0357 that the same message meets again.
var lasting = map[string]gateway.Code{
	"100": gateway.Invalid, "101": gateway.Invalid, "102": gateway.Invalid, "103": gateway.Invalid, "104": gateway.Invalid,
	"200": gateway.NotSupported, "201": gateway.NotSupported, "202": gateway.NotSupported, "203": gateway.NotSupported,
	"204": gateway.NotFound, "205": gateway.Conflict,
}

// fault is what an answer means for the delivery: AE waits for a person, AR for
// another try unless its ERR says that this would end the same.
func (a ack) fault() error {
	var code gateway.Code
	switch a.code[1] {
	case 'A':
		return nil
	case 'E':
		code = gateway.Invalid
	default:
		code = gateway.Busy
		for _, e := range a.errors {
			code = cmp.Or(lasting[e], code)
		}
	}
	found := "the receiver answered " + a.code
	for _, e := range a.errors {
		if len(e) <= 3 && strings.Trim(e, "0123456789") == "" {
			found += " " + e
		}
	}
	return gateway.Faultf("send", code, fhir.Issue{Code: "processing", Found: found, Fix: fix(code)})
}

func fix(code gateway.Code) string {
	if code == gateway.Busy {
		return "nothing: it is sent again by itself"
	}
	return "ask the receiver what it refuses, mend it, then release or skip the delivery"
}
