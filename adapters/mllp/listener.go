package mllp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// Limits bound what the peers of a listener may cost. A zero means the default.
type Limits struct {
	Message     int           // bytes of one message; 5 MiB
	Junk        int           // bytes between two frames; 1 KiB
	Memory      int64         // bytes of unfinished frames of all connections; 48 MiB
	Connections int           // at once; 256
	PerAddress  int           // of them from one address; 64
	Idle        time.Duration // between two messages; 10 min
	Frame       time.Duration // from the first byte of a frame to its last, and for a TLS handshake; 30 s
	Answer      time.Duration // for taking one message in; 60 s
	Write       time.Duration // for one reply; 10 s
}

func (l Limits) filled() Limits {
	l.Message, l.Junk, l.Memory = cmp.Or(l.Message, 5<<20), cmp.Or(l.Junk, 1<<10), cmp.Or(l.Memory, 48<<20)
	l.Connections, l.PerAddress = cmp.Or(l.Connections, 256), cmp.Or(l.PerAddress, 64)
	l.Idle, l.Frame = cmp.Or(l.Idle, 10*time.Minute), cmp.Or(l.Frame, 30*time.Second)
	l.Answer, l.Write = cmp.Or(l.Answer, time.Minute), cmp.Or(l.Write, 10*time.Second)
	return l
}

// Listener takes partners' messages in. Each connection is served one message
// after the other.
type Listener struct {
	Listener net.Listener // TCP, open
	TLS      *tls.Config  // nil = plain
	Partners func() []*gateway.Partner
	Receive  func(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error) // Gateway.Receive
	Supports func(gateway.Kind, *gateway.Partner) bool                                                    // is there a mapping at all
	Allow    func(ctx context.Context, p gateway.PartnerID, perMinute int) (ok bool, retry time.Duration) // its rate; nil = no limit
	Ask      Ask                                                                                          // answers questions; nil = there are none
	Limits   Limits
	NewID    func() gateway.MessageID
	Now      func() time.Time
	Observe  func(p gateway.PartnerID, outcome string, took time.Duration) // may be nil
	Log      *slog.Logger

	budget budget
	mu     sync.Mutex
	open   map[net.Conn]netip.Addr
	from   map[netip.Addr]int
}

// Ask looks up what a message asks for. write puts it into the application's
// answer, behind MSA and ERR; nil = the message is no question. What the partner
// may not see is not found.
type Ask func(ctx context.Context, p *gateway.Partner, m *gateway.Message) (write func(reply *hl7v2.Message), err error)

// Run serves until ctx ends: then no message is begun any more, and those begun
// are answered.
func (l *Listener) Run(ctx context.Context) error {
	l.Limits = l.Limits.filled()
	l.budget.limit = l.Limits.Memory
	l.open, l.from = map[net.Conn]netip.Addr{}, map[netip.Addr]int{}
	stop := context.AfterFunc(ctx, l.interrupt)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := l.Listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // too many open files, for instance: others end, then it goes on
			l.Log.Error("accept", "op", "mllp", "error", err)
			if !pause(ctx, 100*time.Millisecond) {
				return nil
			}
		case !l.admit(conn):
			l.Log.Warn("connection refused: too many", "op", "mllp", "code", gateway.Busy)
			_ = conn.Close()
		default:
			wg.Go(func() {
				defer l.leave(conn)
				l.serve(ctx, conn)
			})
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// admit counts a connection in, unless there are too many.
func (l *Listener) admit(conn net.Conn) bool {
	addr := peerOf(conn).addr
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.Limits.Connections || l.from[addr] >= l.Limits.PerAddress {
		return false
	}
	l.open[conn] = addr
	l.from[addr]++
	return true
}

func (l *Listener) leave(conn net.Conn) {
	_ = conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	addr := l.open[conn]
	delete(l.open, conn)
	if l.from[addr]--; l.from[addr] <= 0 {
		delete(l.from, addr)
	}
}

// interrupt ends the listening and the reading of all connections; a reply that
// is due is still written.
func (l *Listener) interrupt() {
	_ = l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.open {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// serve reads frames and answers them until the peer ends, breaks a limit, or
// ctx does.
func (l *Listener) serve(ctx context.Context, raw net.Conn) {
	conn, err := l.secure(ctx, raw)
	if err != nil {
		l.ended(err)
		return
	}
	from := peerOf(conn)
	in := newFrames(conn, l.Limits.Message, l.Limits.Junk)
	in.budget = &l.budget
	in.begun = func() { l.patience(ctx, raw, l.Limits.Frame) }
	for ctx.Err() == nil {
		l.patience(ctx, raw, l.Limits.Idle)
		frame, err := in.next()
		if err != nil {
			l.ended(err)
			return
		}
		if reply := l.take(ctx, from, frame); len(reply) > 0 {
			_ = raw.SetWriteDeadline(time.Now().Add(l.Limits.Write))
			if _, err := conn.Write(replies(reply)); err != nil {
				l.ended(err)
				return
			}
		}
	}
}

// replies frames a stored reply, each message of it for itself.
func replies(reply []byte) []byte {
	parts, err := hl7v2.Split(reply)
	if err != nil {
		parts = [][]byte{reply}
	}
	return framed(parts...)
}

// secure does the TLS handshake in its time.
func (l *Listener) secure(ctx context.Context, raw net.Conn) (net.Conn, error) {
	if l.TLS == nil {
		return raw, nil
	}
	within, cancel := context.WithTimeout(ctx, l.Limits.Frame)
	defer cancel()
	conn := tls.Server(raw, l.TLS)
	return conn, conn.HandshakeContext(within)
}

// patience is how long the next read may take. The deadline is absolute: bytes
// that trickle in do not extend it (slowloris).
func (l *Listener) patience(ctx context.Context, conn net.Conn, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() == nil { // else interrupt has set it for good
		_ = conn.SetReadDeadline(time.Now().Add(d))
	}
}

// ended logs why a connection is closed when the peer has broken a limit.
func (l *Listener) ended(err error) {
	if errors.Is(err, errTooLong) || errors.Is(err, errJunk) || errors.Is(err, errCrowded) || errors.Is(err, errCutOff) {
		l.Log.Warn("connection closed: "+err.Error(), "op", "mllp", "code", gateway.Malformed)
		return
	}
	if !errors.Is(err, io.EOF) {
		l.Log.Debug("connection closed", "op", "mllp", "error", err)
	}
}
