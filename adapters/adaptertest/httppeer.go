package adaptertest

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// httpPeer is a receiver that speaks HTTP.
type httpPeer struct {
	t       *testing.T
	key     func(*http.Request) string
	address string
	entered chan struct{}

	mu     sync.Mutex
	server *http.Server
	gone   chan struct{} // closed when this server ends
	behave Behaviour
	tries  []Try
}

// NewHTTPPeer makes a receiver; key reads a request's key as the receiver does.
func NewHTTPPeer(t *testing.T, key func(*http.Request) string) Peer {
	t.Helper()
	p := &httpPeer{t: t, key: key, address: "127.0.0.1:0", entered: make(chan struct{}, 64)}
	p.start()
	t.Cleanup(p.stop)
	return p
}

// Listen takes an address, the same one again after a restart.
func Listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (p *httpPeer) start() {
	l := Listen(p.t, p.address)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.address = l.Addr().String()
	p.gone = make(chan struct{})
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 5 * time.Second}
	go func(s *http.Server) { _ = s.Serve(l) }(p.server)
}

func (p *httpPeer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.gone)
	_ = p.server.Close()
}

// Restart ends the server and starts another at its address.
func (p *httpPeer) Restart() {
	p.stop()
	p.start()
}

// URL is its base.
func (p *httpPeer) URL() string { return "http://" + p.address }

// Entered gets a token for each request.
func (p *httpPeer) Entered() <-chan struct{} { return p.entered }

// Behave changes it from now on.
func (p *httpPeer) Behave(b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behave = b
}

// Tries are the requests so far.
func (p *httpPeer) Tries() []Try {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Try(nil), p.tries...)
}

// ServeHTTP takes one request and behaves.
func (p *httpPeer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	how, gone := p.behave, p.gone
	p.tries = append(p.tries, Try{Key: p.key(r), Body: string(body), Applied: how == Well || how == DropsReply})
	p.mu.Unlock()
	p.entered <- struct{}{}
	switch how {
	case Silent:
		<-gone
		panic(http.ErrAbortHandler) // a return would be a 200
	case Resets:
		drop(w, true)
	case DropsReply:
		drop(w, false)
	case Fails:
		answer(http.StatusInternalServerError)(w, r, 0)
	case Throttles:
		answer(http.StatusTooManyRequests, "Retry-After", "7")(w, r, 0)
	case Refuses:
		answer(http.StatusUnprocessableEntity)(w, r, 0)
	}
}
