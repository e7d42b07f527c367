package faults

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
)

// proxy stands between a store and PostgreSQL and reads along
// (https://www.postgresql.org/docs/current/protocol-message-formats.html).
type proxy struct {
	addr   string // of the server
	before func() bool
	after  func() bool
}

// watchPostgres puts a proxy of this process in front of a PostgreSQL URL that
// ends the process at COMMIT: before the server has seen it, or when its reply
// is there and nobody has read it.
func watchPostgres(raw string) (string, error) {
	if !strings.HasPrefix(raw, "postgres://") {
		return raw, nil
	}
	point := func(name string) func() bool {
		return func() bool {
			if inCommit.Load() {
				crash(name)
			}
			return false
		}
	}
	through, _, err := proxied(raw, point("at COMMIT"), point("COMMIT without reply"))
	return through, err
}

// proxied gives the URL of a proxy. before is asked when a COMMIT comes from the
// client, after when the server has confirmed it; true cuts the connection.
func proxied(raw string, before, after func() bool) (string, io.Closer, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	p := &proxy{addr: u.Host, before: before, after: after}
	go p.accept(l)
	u.Host = l.Addr().String()
	return u.String(), l, nil
}

func (p *proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.addr)
		if err != nil {
			client.Close()
			continue
		}
		cut := func() { client.Close(); server.Close() }
		go func() { defer cut(); p.forward(client, server) }()
		go func() { defer cut(); p.back(server, client) }()
	}
}

// forward copies what the client says. COMMIT comes as a query of its own or as
// a prepared statement: Parse names it, Bind uses it.
func (p *proxy) forward(client, server net.Conn) {
	var size [4]byte // the startup message has no type
	if _, err := io.ReadFull(client, size[:]); err != nil {
		return
	}
	rest := make([]byte, binary.BigEndian.Uint32(size[:])-4)
	if _, err := io.ReadFull(client, rest); err != nil {
		return
	}
	if _, err := server.Write(append(size[:], rest...)); err != nil {
		return
	}
	commits := map[string]bool{}
	relay(client, server, func(kind byte, text []byte) (stop bool) {
		fields := bytes.Split(text, []byte{0})
		switch {
		case kind == 'P' && strings.EqualFold(string(fields[1]), "commit"):
			commits[string(fields[0])] = true
		case kind == 'B' && commits[string(fields[1])], kind == 'Q' && strings.EqualFold(string(fields[0]), "commit"):
			return p.before()
		}
		return false
	})
}

// back copies what the server says.
func (p *proxy) back(server, client net.Conn) {
	relay(server, client, func(kind byte, text []byte) bool {
		return kind == 'C' && string(text) == "COMMIT\x00" && p.after()
	})
}

// relay copies whole messages until one of them stops it.
func relay(from io.Reader, to io.Writer, look func(kind byte, text []byte) bool) {
	var head [5]byte
	for {
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		text := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(from, text); err != nil || look(head[0], text) {
			return
		}
		if _, err := to.Write(append(head[:], text...)); err != nil {
			return
		}
	}
}
