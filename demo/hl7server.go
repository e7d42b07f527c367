package demo

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/throughline/throughline/internal/hl7v2"
)

// HL7Server is a partner's system that takes HL7 v2 over MLLP: it acknowledges
// every message, refuses one with nothing behind MSH, takes each MSH-10 once, and
// keeps what it took as files for a visitor to read.
type HL7Server struct {
	receiver
	Dir string // where messages are kept; empty = nowhere

	conns sync.Map // net.Conn -> nothing
	wg    sync.WaitGroup
	once  sync.Once
	ended chan struct{}
}

// NewHL7Server makes one that keeps nothing.
func NewHL7Server() *HL7Server {
	return &HL7Server{receiver: newReceiver(), ended: make(chan struct{})}
}

// Serve takes connections until Close.
func (s *HL7Server) Serve(l net.Listener) error {
	defer s.wg.Wait()
	go func() {
		<-s.ended
		_ = l.Close()
	}()
	for {
		conn, err := l.Accept()
		if err != nil {
			select {
			case <-s.ended:
				return http.ErrServerClosed
			default:
				return err
			}
		}
		s.conns.Store(conn, nil)
		s.wg.Go(func() {
			defer s.conns.Delete(conn)
			defer func() { _ = conn.Close() }()
			s.talk(conn)
		})
	}
}

// Close ends the listening and all connections.
func (s *HL7Server) Close() error {
	s.once.Do(func() { close(s.ended) })
	s.conns.Range(func(conn, _ any) bool {
		_ = conn.(net.Conn).Close()
		return true
	})
	return nil
}

// talk answers one message after the other.
func (s *HL7Server) talk(conn net.Conn) {
	in := bufio.NewReader(io.LimitReader(conn, 64<<20))
	for {
		frame, err := in.ReadBytes(0x1c)
		if err != nil {
			return
		}
		if _, err := in.Discard(1); err != nil {
			return
		}
		reply, ok := s.take(bytes.Trim(frame, "\x0b\x1c"))
		if !ok {
			return
		}
		if _, err := conn.Write(append(append([]byte{0x0b}, reply...), 0x1c, '\r')); err != nil {
			return
		}
	}
}

// take applies one message and gives its acknowledgement; false hangs up.
func (s *HL7Server) take(message []byte) (reply []byte, ok bool) {
	h, err := hl7v2.Peek(message)
	if err != nil {
		return nil, false
	}
	behave := s.next()
	time.Sleep(behave.Delay) // it was told to be slow
	ack := hl7v2.Ack{Code: "AA", Control: "A" + h.Control, Time: s.Now()}
	if behave.Status != 0 {
		ack.Code, ack.Issues = "AR", []*hl7v2.Error{{Code: hl7v2.InternalError, Fix: "the simulated partner was told to answer so"}}
		return h.Answer(ack).Encode(), true
	}
	if !bytes.ContainsRune(bytes.TrimRight(message, "\r\n"), '\r') {
		ack.Code, ack.Issues = "AE", []*hl7v2.Error{{Code: hl7v2.SegmentSequence, Found: "nothing behind MSH"}}
		return h.Answer(ack).Encode(), true
	}
	s.mu.Lock()
	_, seen := s.applied[h.Control]
	s.applied[h.Control] = http.StatusOK
	s.note(Arrival{Key: h.Control, Refs: []string{h.Kind()}, Applied: !seen, Repeat: seen})
	s.mu.Unlock()
	if err := s.keep(h, message); err != nil {
		return nil, false
	}
	return h.Answer(ack).Encode(), !behave.Drop
}

// keep writes a message as a file that an editor shows line by line.
func (s *HL7Server) keep(h hl7v2.Header, message []byte) error {
	if s.Dir == "" {
		return nil
	}
	name := filepath.Join(s.Dir, h.Type+"-"+h.Event+"-"+filepath.Base(h.Control)+".hl7")
	return errors.Join(os.MkdirAll(s.Dir, 0o700), os.WriteFile(name, bytes.ReplaceAll(message, []byte("\r"), []byte("\n")), 0o600))
}
