package guard_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/guard"
)

// connects counts the connections to a port on every address of this machine.
type connects struct {
	port  string
	known chan int // so far, whenever somebody asks by connecting
}

// countConnects listens until the test ends.
func countConnects(t *testing.T) *connects {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := &connects{port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port), known: make(chan int)}
	go func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
			select {
			case c.known <- n:
			case <-t.Context().Done():
				return
			}
		}
	}()
	return c
}

// before connects itself: the queue is served in order, so every connection that
// was made before has been counted by then.
func (c *connects) before(t *testing.T) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+c.port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return <-c.known
}

// F39: whatever form an inner address has, nobody connects to it: not a handshake
// that fails, not a request that is refused, no connection.
func TestInnerAddressesSeeNoConnection(t *testing.T) {
	inner := countConnects(t)
	for _, host := range []string{
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[::]", "0.0.0.0", "0", // the same, mapped, and no address at all
		"2130706433", "0x7f000001", "017700000001", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "127.1", "127.0.1", // decimal, hexadecimal, octal, short
		"LOCALHOST", "localhost.", "LocalHost", // names that resolve inward
		"user@127.0.0.1", "user:word@127.0.0.1", "mco.example@127.0.0.1", "127.0.0.1%23.mco.example", "127.0.0.1#.mco.example", "mco.example:1@127.0.0.1", // who is asked, in disguise
		"169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]",
	} {
		for _, scheme := range []string{"https://", "http://"} {
			c, err := guard.New(scheme+host+":"+inner.port+"/fhir", guard.Options{Timeout: time.Second})
			if err != nil {
				continue // refused before anything is dialed
			}
			if _, err := c.Do(t.Context(), http.MethodGet, "x", nil, nil); err == nil {
				t.Errorf("%s%s was reached", scheme, host)
			}
			c.Close()
		}
	}
	if n := inner.before(t); n != 0 {
		t.Errorf("%d connections to inner addresses, want 0", n)
	}
}

// A partner that redirects inward, by any status, leads nobody there.
func TestRedirectsAreNotFollowed(t *testing.T) {
	inner := countConnects(t)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, to := range []string{"http://127.0.0.1:" + inner.port + "/", "//127.0.0.1:" + inner.port + "/", "http://localhost:" + inner.port + "/"} {
			partner := httptest.NewServer(http.RedirectHandler(to, status))
			c, err := guard.New(partner.URL, guard.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if _, err := c.Do(context.Background(), method, "x", nil, []byte("{}")); err == nil {
					t.Errorf("%d to %s is a success", status, to)
				}
			}
			c.Close()
			partner.Close()
		}
	}
	if n := inner.before(t); n != 0 {
		t.Errorf("%d connections by redirect, want 0", n)
	}
}
