package sftptest

import (
	"context"
	"encoding/binary"
	"io"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"github.com/throughline/throughline/adapters/adaptertest"
)

// Request is what a client asks for, as far as a test may care.
type Request struct {
	Op       string // "open", "write", "rename", "other"
	Path, To string
	Data     []byte // of a write
}

// Deed is what a server does with a request.
type Deed int

// Serve: as it should. Refuse, Fail: nothing is done, the answer is a status.
// Cut: nothing is done and the connection ends. Lose: it is done, and the
// connection ends before the answer.
const (
	Serve Deed = iota
	Refuse
	Fail
	Cut
	Lose
)

// gate stands between a client's requests and the server. Packets are those of
// draft-ietf-secsh-filexfer-02.
type gate struct {
	ssh.Channel
	ctx  context.Context
	met  func(context.Context, Request) Deed
	cut  func() error
	left []byte      // of a packet that is handed on
	lost atomic.Bool // the next answer is not given
}

// Read hands on the requests that are served.
func (g *gate) Read(p []byte) (int, error) {
	for len(g.left) == 0 {
		packet, err := g.packet()
		if err != nil {
			return 0, err
		}
		deed := Serve
		if packet[4] != 1 { // SSH_FXP_INIT has no number
			deed = g.met(g.ctx, requestOf(packet))
		}
		switch deed {
		case Serve:
			g.left = packet
		case Lose:
			g.lost.Store(true)
			g.left = packet
		case Cut:
			_ = g.cut()
			return 0, io.EOF
		case Refuse, Fail:
			if err := g.status(packet[5:9], map[Deed]uint32{Refuse: 3, Fail: 4}[deed]); err != nil {
				return 0, err
			}
		}
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// Write hands on the answers.
func (g *gate) Write(p []byte) (int, error) {
	if g.lost.Load() {
		_ = g.cut()
		return 0, io.ErrClosedPipe
	}
	return g.Channel.Write(p)
}

// packet reads one request, with its length.
func (g *gate) packet() ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(g.Channel, head); err != nil {
		return nil, err
	}
	packet := make([]byte, 4+binary.BigEndian.Uint32(head))
	copy(packet, head)
	_, err := io.ReadFull(g.Channel, packet[4:])
	return packet, err
}

// status answers SSH_FXP_STATUS, with words that no fault may show.
func (g *gate) status(number []byte, code uint32) error {
	b := append([]byte{101}, number...)
	b = binary.BigEndian.AppendUint32(b, code)
	for _, text := range []string{adaptertest.Canary, "en"} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	_, err := g.Channel.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

// requestOf reads what matters of a packet.
func requestOf(packet []byte) Request {
	rest := packet[9:]
	text := func() string {
		if len(rest) < 4 {
			return ""
		}
		n := min(int(binary.BigEndian.Uint32(rest)), len(rest)-4)
		s := string(rest[4 : 4+n])
		rest = rest[4+n:]
		return s
	}
	switch packet[4] {
	case 3: // SSH_FXP_OPEN
		return Request{Op: "open", Path: text()}
	case 6: // SSH_FXP_WRITE: handle, offset, data
		_ = text()
		rest = rest[min(8, len(rest)):]
		return Request{Op: "write", Data: []byte(text())}
	case 18: // SSH_FXP_RENAME
		return Request{Op: "rename", Path: text(), To: text()}
	case 200: // SSH_FXP_EXTENDED
		if text() == "posix-rename@openssh.com" {
			return Request{Op: "rename", Path: text(), To: text()}
		}
	}
	return Request{Op: "other"}
}
