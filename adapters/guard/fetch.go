package guard

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Fetch is Do for an answer that is read: max bytes of it at most. where is a
// path below the base, or an absolute URL of the base's own origin, such as the
// next link of a page; any other origin is forbidden.
func (c *Client) Fetch(ctx context.Context, method, where string, header map[string]string, body []byte, max int64) (*Answer, []byte, error) {
	a, from, err := c.open(ctx, method, where, header, body)
	if err != nil {
		return a, nil, err
	}
	defer from.Close()
	text, err := io.ReadAll(io.LimitReader(from, max+1))
	if err != nil {
		return nil, nil, NoAnswer(err)
	}
	if int64(len(text)) > max {
		return nil, nil, gateway.Faultf("read", gateway.TooLarge, fhir.Issue{Code: fhir.CodeTooCostly, Found: "an answer that is too long", Fix: "ask for smaller pages, or ask the partner why it answers so much"})
	}
	return a, text, nil
}

// Stream gives the body of an answer as it comes. Whoever gets one closes it.
func (c *Client) Stream(ctx context.Context, where string, header map[string]string) (*Answer, io.ReadCloser, error) {
	return c.open(ctx, http.MethodGet, where, header, nil)
}

// RetryAfter is how long the answer asks to wait; 0 when it does not say.
func (a *Answer) RetryAfter(now time.Time) time.Duration { return retryAfter(a.Header, now) }

// open gives the body of an answer that is a success; of any other it gives the
// answer and the fault.
func (c *Client) open(ctx context.Context, method, where string, header map[string]string, body []byte) (*Answer, io.ReadCloser, error) {
	target, err := c.place(where)
	if err != nil {
		return nil, nil, NoAnswer(err)
	}
	resp, err := c.exchange(ctx, method, target, header, body)
	if err != nil {
		return nil, nil, err
	}
	a := &Answer{Status: resp.StatusCode, Header: resp.Header}
	if err := refusal(a.Status, retryAfter(resp.Header, c.now())); err != nil {
		drain(resp.Body)
		_ = resp.Body.Close()
		return a, nil, err
	}
	return a, resp.Body, nil
}

// place is the URL of a path below the base, or of a URL of the same origin.
func (c *Client) place(where string) (string, error) {
	u, err := url.Parse(where)
	if err != nil {
		return "", ErrForbidden
	}
	if !u.IsAbs() {
		return c.below(where)
	}
	if u.User != nil || u.Scheme != c.base.Scheme || u.Host == "" || hostPort(u) != hostPort(c.base) {
		return "", ErrForbidden
	}
	u.Fragment = ""
	return u.String(), nil
}
