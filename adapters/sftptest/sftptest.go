// Package sftptest is an SFTP server on loopback that serves the machine's own
// files to one key. It is for tests only.
package sftptest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/throughline/throughline/gateway"
)

// Server keeps its address and its keys for life.
type Server struct {
	SSH gateway.SSH // how a client reaches it

	t      *testing.T
	config *ssh.ServerConfig
	wg     sync.WaitGroup

	mu     sync.Mutex
	listen net.Listener
	conns  []net.Conn
	meet   func(context.Context, Request) Deed
}

// New starts a server that ends with the test.
func New(t *testing.T) *Server {
	t.Helper()
	host, _ := Key(t)
	user, userKey := Key(t)
	s := &Server{t: t, config: &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if slices.Equal(key.Marshal(), user.PublicKey().Marshal()) {
			return nil, nil
		}
		return nil, errors.New("another key")
	}}}
	s.config.AddHostKey(host)
	s.start("127.0.0.1:0")
	s.SSH = gateway.SSH{Host: s.listen.Addr().String(), User: "throughline", Key: userKey, HostKeys: []string{ssh.FingerprintSHA256(host.PublicKey())}}
	t.Cleanup(func() {
		s.stop()
		s.wg.Wait()
	})
	return s
}

func (s *Server) start(address string) {
	s.t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.listen = l
	s.mu.Unlock()
	s.wg.Go(func() { s.accept(l) })
}

func (s *Server) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(conn) })
	}
}

func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.listen.Close()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

// Restart ends all connections and listens again.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	s.start(s.SSH.Host)
}

// Key makes a key: to sign with, and as PEM.
func Key(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

// Meet lets f say what is done with every request from now on. Its context ends
// with the connection.
func (s *Server) Meet(f func(context.Context, Request) Deed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meet = f
}

func (s *Server) met(ctx context.Context, r Request) Deed {
	s.mu.Lock()
	f := s.meet
	s.mu.Unlock()
	if f == nil {
		return Serve
	}
	return f(ctx, r)
}

func (s *Server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	logged, chans, reqs, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.wg.Go(func() {
		_ = logged.Wait()
		cancel()
	})
	go ssh.DiscardRequests(reqs)
	for ch := range chans {
		channel, requests, err := ch.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		server, err := sftp.NewServer(&gate{Channel: channel, ctx: ctx, met: s.met, cut: conn.Close})
		if err != nil {
			return
		}
		_ = server.Serve()
		_ = channel.Close()
	}
}
