package guard_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/guard"
)

func TestURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://mco.example/fhir": true, "https://mco.example:8443": true, "http://127.0.0.1:8080/fhir": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://mco.example": false, "http://10.0.0.1": false, "ftp://mco.example": false, "https://u:p@mco.example": false, "https://mco.example?a=b": false,
		"https://mco.example#x": false, "https://": false, "mco.example": false, "": false, "file:///etc/passwd": false, "http://127.0.0.1.mco.example": false,
	} {
		if _, err := guard.New(url, guard.Options{}); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// F39: none of the forms of an inner address leads to a connection.
func TestNoInnerAddressIsDialed(t *testing.T) {
	reached := func(http.ResponseWriter, *http.Request) { t.Error("reached") }
	srv := httptest.NewServer(http.HandlerFunc(reached))
	defer srv.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	for _, host := range []string{"[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "0x7f.0x0.0x0.0x1", "017700000001", "0.0.0.0", "[::]", "169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "LOCALHOST", "localhost."} {
		c, err := guard.New("https://"+host+":"+port, guard.Options{Timeout: 5 * time.Second})
		if err != nil {
			continue // refused even earlier
		}
		if _, err := c.Do(context.Background(), "GET", "x", nil, nil); err == nil || strings.Contains(err.Error(), "tls:") {
			t.Errorf("%s was reached: %v", host, err)
		}
	}
}

// A name that resolves to an inner address is refused, unless its network is allowed.
func TestNamesThatResolveInward(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "https://"), ":")
	name := "https://LOCALHOST:" + port // resolves to loopback, and is not the name the guard knows
	c, err := guard.New(name, guard.Options{TLS: roots})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(context.Background(), "GET", "x", nil, nil); !errors.Is(err, guard.ErrForbidden) {
		t.Errorf("a name that points inward: %v", err)
	}
	c, err = guard.New(name, guard.Options{TLS: roots, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(context.Background(), "GET", "x", nil, nil); errors.Is(err, guard.ErrForbidden) {
		t.Errorf("an allowed network was refused: %v", err)
	}
}

func TestPathsStayBelowTheBase(t *testing.T) {
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.URL.RequestURI()) }))
	defer srv.Close()
	c, err := guard.New(srv.URL+"/fhir/", guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, p := range []string{"CarePlan/..", "../admin", "CarePlan/../../admin", "/etc", "a//b", "."} {
		if _, err := c.Do(context.Background(), "PUT", p, nil, nil); !errors.Is(err, guard.ErrForbidden) {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"", "CarePlan/1", "CarePlan/1?x=1"} {
		if _, err := c.Do(context.Background(), "PUT", p, nil, nil); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	if strings.Join(got, " ") != "/fhir/ /fhir/CarePlan/1 /fhir/CarePlan/1?x=1" {
		t.Errorf("server saw %v", got)
	}
}

// A server that offers TLS 1.1 at most is not spoken to.
func TestOldTLSIsRefused(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it will complain of us
	srv.StartTLS()
	defer srv.Close()
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig
	c, err := guard.New(srv.URL, guard.Options{TLS: roots})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(context.Background(), "GET", "x", nil, nil); err == nil || errors.Is(err, guard.ErrForbidden) {
		t.Errorf("old TLS: %v", err)
	}
}

func TestErrorsNameNoRecord(t *testing.T) {
	c, err := guard.New("http://127.0.0.1:1/fhir", guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(context.Background(), "PUT", "Patient/secret-id", nil, nil)
	if err == nil || strings.Contains(err.Error(), "secret-id") {
		t.Errorf("%v", err)
	}
}
