package mllp_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/throughline/throughline/adapters/adaptertest"
)

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}

// peer is a simulated receiver of HL7 v2.
type peer struct {
	t       *testing.T
	address string
	entered chan struct{}
	reply   func(control string) string // another reply than AA; nil = AA

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	gone     chan struct{}
	wg       sync.WaitGroup
	behave   adaptertest.Behaviour
	tries    []adaptertest.Try
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{t: t, address: "127.0.0.1:0", entered: make(chan struct{}, 64)}
	p.start()
	t.Cleanup(p.stop)
	return p
}

func (p *peer) start() {
	l := adaptertest.Listen(p.t, p.address)
	p.mu.Lock()
	p.address, p.listener, p.conns, p.gone = l.Addr().String(), l, map[net.Conn]bool{}, make(chan struct{})
	gone := p.gone
	p.mu.Unlock()
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns[conn] = true
			p.mu.Unlock()
			p.wg.Go(func() { p.serve(conn, gone) })
		}
	})
}

func (p *peer) stop() {
	p.mu.Lock()
	_ = p.listener.Close()
	close(p.gone)
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *peer) Restart()                 { p.stop(); p.start() }
func (p *peer) URL() string              { return "mllp://" + p.address }
func (p *peer) Entered() <-chan struct{} { return p.entered }
func (p *peer) Tries() []adaptertest.Try {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]adaptertest.Try(nil), p.tries...)
}
func (p *peer) Behave(b adaptertest.Behaviour) { p.mu.Lock(); defer p.mu.Unlock(); p.behave = b }

func (p *peer) serve(conn net.Conn, gone chan struct{}) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		b, err := in.ReadBytes(0x1c)
		if err != nil {
			return
		}
		if _, err := in.Discard(1); err != nil {
			return
		}
		body := bytes.Trim(b, "\x0b\x1c")
		control := string(bytes.Split(body, []byte("|"))[9])
		p.mu.Lock()
		how := p.behave
		p.tries = append(p.tries, adaptertest.Try{Key: control, Body: string(body), Applied: how == adaptertest.Well || how == adaptertest.DropsReply || how == adaptertest.Mistakes})
		p.mu.Unlock()
		p.entered <- struct{}{}
		if !p.answer(conn, gone, how, control) {
			return
		}
	}
}

func (p *peer) answer(conn net.Conn, gone chan struct{}, how adaptertest.Behaviour, control string) bool {
	reply := "MSA|AA|" + control + "\r"
	switch how {
	case adaptertest.Silent:
		<-gone
		return false
	case adaptertest.Resets:
		_ = conn.(*net.TCPConn).SetLinger(0)
		return false
	case adaptertest.DropsReply:
		return false
	case adaptertest.Fails:
		reply = "MSA|AR|" + control + "\rERR|||207^x^HL70357|E||||" + adaptertest.Canary + "\r"
	case adaptertest.Throttles:
		reply = "MSA|AR|" + control + "\rERR|||206^x^HL70357|E\r"
	case adaptertest.Refuses:
		reply = "MSA|AE|" + control + "\rERR||PID^1^3|101^x^HL70357|E||||" + adaptertest.Canary + "\r"
	case adaptertest.Mistakes:
		reply = "MSA|AA|OTHER\r"
	case adaptertest.Late: // until the sender has hung up
		_, _ = conn.Read(make([]byte, 1))
	}
	if how == adaptertest.Well && p.reply != nil {
		reply = p.reply(control)
	}
	_, err := conn.Write([]byte(wire("MSH|^~\\&|GW|TL|DOGWOOD_EHR|DOGWOOD|20260301||ACK|R1|P|2.5.1\r" + reply)))
	return err == nil
}
