package faults

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// receiver is the mco's end of the wire: it applies what comes, remembers keys,
// and can be told to apply and then drop the reply.
type receiver struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	drop    func(key string, try int) bool // apply, then cut the connection; nil = never
	tries   map[string]int                 // by key
	applied map[string][]int               // by child: the steps, in order, each key once
	news    chan struct{}                  // closed when something was applied
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, tries: map[string]int{}, applied: map[string][]int{}, news: make(chan struct{})}
	srv := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender died in the middle of it: nothing was received
	}
	got, err := parse(text)
	if err != nil {
		r.t.Error(err)
		return
	}
	if r.apply(req.Header.Get("Idempotency-Key"), got) {
		panic(http.ErrAbortHandler) // applied, no reply
	}
	w.WriteHeader(http.StatusCreated)
}

func (r *receiver) apply(key string, got resource) (drop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries[key]++
	if r.tries[key] == 1 {
		child := got.Identifier[0].Value
		r.applied[child] = append(r.applied[child], got.MultipleBirthInteger)
		close(r.news)
		r.news = make(chan struct{})
	}
	return r.drop != nil && r.drop(key, r.tries[key])
}

// await waits until the child's last step has arrived.
func (r *receiver) await(ctx context.Context, child, n int) {
	r.t.Helper()
	for {
		r.mu.Lock()
		steps, news := r.applied[fmt.Sprintf("SYN-%d", child)], r.news
		r.mu.Unlock()
		if len(steps) > 0 && steps[len(steps)-1] >= n {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			r.t.Fatalf("child %d: step %d was not delivered; steps so far %v", child, n, steps)
		}
	}
}

// total is how many requests came in.
func (r *receiver) total() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, tries := range r.tries {
		n += tries
	}
	return n
}

// keys is how often each key came.
func (r *receiver) keys() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.tries)
}

// inOrder fails the test unless every child's steps came once, in order and
// without a gap, under one key each.
func (r *receiver) inOrder() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	for child, steps := range r.applied {
		total += len(steps)
		for i, n := range steps {
			if n != i+1 {
				r.t.Errorf("%s: delivered %v", child, steps)
				break
			}
		}
	}
	again := 0
	for _, n := range r.tries {
		again += n - 1
	}
	r.t.Logf("delivered %d, in order; %d were sent again under their key", total, again)
}

// endpoint is the mco as the way out sees it.
func endpoint() *gateway.Partner {
	return &gateway.Partner{ID: mco, Labels: []string{"*"}, Wants: []gateway.Want{{Types: []string{"Patient"}}}, Deliver: &gateway.Endpoint{Wire: "test"}}
}

func destinations() []*gateway.Partner { return []*gateway.Partner{endpoint()} }

func render(d *gateway.Delivery, _ *gateway.Partner) (*gateway.Parcel, error) {
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Body: d.Resources[0].JSON}, nil
}

// wire sends parcels to a receiver.
type wire struct{ url string }

func (w wire) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(p.Body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Idempotency-Key", p.Key)
	req.GetBody = nil // no second try behind our back
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", &gateway.Fault{Op: "send", Code: gateway.Busy, Err: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return "", &gateway.Fault{Op: "send", Code: gateway.Busy, Err: fmt.Errorf("status %s", strings.TrimSpace(resp.Status))}
	}
	return "", nil
}

func wires(s gateway.Sender) map[string]gateway.Wire {
	return map[string]gateway.Wire{"test": {Render: render, Dial: func(*gateway.Partner) (gateway.Sender, error) { return s, nil }}}
}
