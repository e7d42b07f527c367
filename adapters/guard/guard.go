// Package guard is the HTTP client of everything that leaves: one host and port
// it may reach, the address checked at dial, no redirects, no proxy, TLS 1.2 or
// later, bounded replies, and every failure sorted into a gateway.Fault. The
// adapters share it; it knows nothing of FHIR or of what it carries, and never
// logs.
package guard

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// ErrForbidden says that the guard refused to connect.
var ErrForbidden = errors.New("outbound connection refused by the guard")

// Options of a client.
type Options struct {
	Timeout time.Duration  // for a whole exchange; 0 = 30 s
	Allow   []netip.Prefix // private networks the host's name may resolve to
	TLS     *tls.Config    // roots and client certificates; nil = the system's
	Now     func() time.Time
}

// Client reaches one base URL and nothing else.
type Client struct {
	base *url.URL
	http *http.Client
	now  func() time.Time
}

// Limits of what a partner's reply may cost us.
const (
	maxReplyHeader = 64 << 10
	maxReplyBody   = 64 << 10
)

// New makes a client of a base URL: https, or http to a loopback address that
// the configuration names itself.
func New(rawURL string, o Options) (*Client, error) {
	base, err := url.Parse(rawURL)
	if err != nil || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("endpoint url: want https://host/path without user, query and fragment")
	}
	near := base.Scheme == "http" && loopback(base.Hostname())
	if base.Scheme != "https" && !near {
		return nil, fmt.Errorf("endpoint url: scheme %q: want https (http only to a loopback address)", base.Scheme)
	}
	host := hostPort(base)
	dialer := Dialer(base, o.Allow)
	secure := &tls.Config{}
	if o.TLS != nil {
		secure = o.TLS.Clone()
	}
	secure.MinVersion = max(secure.MinVersion, tls.VersionTLS12)
	timeout, now := o.Timeout, o.Now
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	if now == nil {
		now = time.Now
	}
	return &Client{base: base, now: now, http: &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr != host {
					return nil, ErrForbidden
				}
				return dialer.DialContext(ctx, network, addr)
			},
			TLSClientConfig:        secure,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: maxReplyHeader,
			MaxConnsPerHost:        16,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
		},
	}}, nil
}

// Dialer connects to the host and port of a URL that the configuration names,
// with the address checked at dial.
func Dialer(base *url.URL, allow []netip.Prefix) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, Control: guardian(base, allow).Safe}
}

// guardian allows public addresses on the configured port, and of the others
// only an address the configuration spells out (never a link-local one, where
// clouds keep credentials) and the networks it allows.
func guardian(base *url.URL, allow []netip.Prefix) *ssrf.Guardian {
	if base.Hostname() == "localhost" {
		allow = append(allow[:len(allow):len(allow)], netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128"))
	}
	if ip, err := netip.ParseAddr(base.Hostname()); err == nil && !ip.Unmap().IsLinkLocalUnicast() {
		allow = append(allow[:len(allow):len(allow)], netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
	}
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	port, _ := strconv.ParseUint(portOf(base), 10, 16) // a port that is not one allows nothing
	return ssrf.New(ssrf.WithPorts(uint16(port)), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

// Base is the URL without a slash at its end.
func (c *Client) Base() string { return strings.TrimSuffix(c.base.String(), "/") }

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what came back: never the body.
type Answer struct {
	Status int
	Header http.Header
}

// Do sends a body to a path below the base ("" is the base itself). Every error
// is a gateway.Fault that holds no URL and no body: with an answer that is no
// success the answer comes too; without one the request was perhaps applied.
func (c *Client) Do(ctx context.Context, method, below string, header map[string]string, body []byte) (*Answer, error) {
	target, err := c.below(below)
	if err != nil {
		return nil, NoAnswer(err)
	}
	resp, err := c.exchange(ctx, method, target, header, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	drain(resp.Body)
	a := &Answer{Status: resp.StatusCode, Header: resp.Header}
	return a, refusal(a.Status, retryAfter(resp.Header, c.now()))
}

// exchange sends a request and gives the answer as it comes.
func (c *Client) exchange(ctx context.Context, method, target string, header map[string]string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, NoAnswer(ErrForbidden)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, NoAnswer(err)
	}
	return resp, nil
}

// drain lets the connection be used again; what is longer is cut off.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, maxReplyBody)
}

// below joins a relative path to the base, and lets none climb out of it.
func (c *Client) below(p string) (string, error) {
	if p == "" {
		return c.base.String(), nil
	}
	name, query, has := strings.Cut(p, "?")
	if path.Clean("/"+name) != "/"+name {
		return "", ErrForbidden
	}
	target := c.Base() + "/" + (&url.URL{Path: name}).EscapedPath()
	if has {
		target += "?" + query
	}
	return target, nil
}

// NoAnswer is the fault of an exchange without an answer: the same key goes
// again, unless the guard refused.
func NoAnswer(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the URL names a record
	}
	for _, refused := range []error{ErrForbidden, ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort} {
		if errors.Is(err, refused) {
			return &gateway.Fault{Op: "send", Code: gateway.Denied, Err: ErrForbidden}
		}
	}
	return &gateway.Fault{Op: "send", Code: gateway.Busy, Err: err}
}

// refusal is the fault of an answer, nil for success.
func refusal(status int, after time.Duration) error {
	code := class(status, after > 0)
	if code == "" {
		return nil
	}
	f := gateway.Faultf("send", code, fhir.Issue{Code: "processing", Fix: fix(code),
		Found: strings.TrimSpace("the receiver answered " + strconv.Itoa(status) + " " + http.StatusText(status))})
	if after > 0 {
		f.Err = &gateway.Wait{For: after}
	}
	return f
}

// fix says what the operator can do about a refusal.
func fix(code gateway.Code) string {
	switch code {
	case gateway.Busy:
		return "nothing: it is sent again by itself"
	case gateway.Denied:
		return "mend the partner's credentials or rights, then release the delivery"
	case gateway.NotSupported:
		return "check the endpoint's URL and what the receiver supports; redirects are not followed"
	}
	return "ask the receiver what it refuses, mend it, then release or skip the delivery"
}

// class sorts a status; empty for success. Busy is what another try may mend: a
// 409 with Retry-After is a key in flight.
func class(status int, retryAfter bool) gateway.Code {
	switch {
	case status >= 200 && status < 300:
		return ""
	case status == 408, status == 425, status == 429, status == 409 && retryAfter:
		return gateway.Busy
	case status == 501, status == 505, status == 405, status == 406, status == 415, status >= 300 && status < 400:
		return gateway.NotSupported
	case status >= 500, status < 200:
		return gateway.Busy
	case status == 401, status == 403, status == 407:
		return gateway.Denied
	}
	if code, ok := classes[status]; ok {
		return code
	}
	return gateway.Invalid
}

var classes = map[int]gateway.Code{404: gateway.NotFound, 409: gateway.Conflict, 410: gateway.Gone, 412: gateway.Mismatch, 413: gateway.TooLarge}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil && s >= 0 && s < 1<<31 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
