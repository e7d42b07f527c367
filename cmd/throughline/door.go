package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

// doorFlags say by which door a verb goes in: that of a running server by its
// URL and a token, or the data directory in the name of a partner.
type doorFlags struct{ partner, url, token string }

func (f *doorFlags) add(c *cli, v *cobra.Command) {
	v.Flags().StringVar(&f.partner, "partner", "", "in whose name, through the data directory")
	v.Flags().StringVar(&f.url, "url", "", "partner API of a running server, such as http://127.0.0.1:8080/v1")
	v.Flags().StringVar(&f.token, "token", c.env["THROUGHLINE_TOKEN"], "the partner's token for --url (default: $THROUGHLINE_TOKEN)")
}

// door is the partner API: across the network, or in this process. Both are the
// same handlers, so both give the same answers.
type door struct {
	client *http.Client
	base   string
	token  string
	app    *App             // nil across the network
	as     *gateway.Partner // nil across the network
}

// withDoor runs a verb with the door that the flags name.
func (c *cli) withDoor(ctx context.Context, f doorFlags, create bool, verb func(context.Context, *door) error) error {
	if f.url != "" {
		if f.token == "" {
			return usage("no token for "+f.url, "give --token, or set THROUGHLINE_TOKEN")
		}
		client := &http.Client{Timeout: 2 * time.Minute}
		defer client.CloseIdleConnections()
		return verb(ctx, &door{client: client, base: strings.TrimSuffix(f.url, "/"), token: f.token})
	}
	return c.withApp(ctx, create, func(ctx context.Context, a *App) error {
		p, err := a.known(f.partner)
		if err != nil {
			return err
		}
		return verb(ctx, a.door(p))
	})
}

// door is the API as one partner sees it, without the network: its address list
// and rate do not count for the operator.
func (a *App) door(p *gateway.Partner) *door {
	inside := *p
	inside.Networks = []netip.Prefix{}
	token := rand.Text()
	deps := a.deps("http://" + a.Config.Server.Listen)
	deps.Guard = access.Guard{
		Tokens:  tokens{fixed: map[[sha256.Size]byte]gateway.PartnerID{sha256.Sum256([]byte(token)): p.ID}, store: a.Store},
		Partner: func(id gateway.PartnerID) (*gateway.Partner, bool) { return &inside, id == p.ID },
	}
	if a.Config.Server.BaseURL != "" {
		deps.Base = a.Config.Server.BaseURL
	}
	return &door{client: &http.Client{Transport: inProcess{api.New(deps).Handler()}}, base: deps.Base + "/v1", token: token, app: a, as: p}
}

// inProcess is a transport that calls a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip calls the handler.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RemoteAddr, in.RequestURI = "127.0.0.1:0", r.URL.RequestURI()
	t.handler.ServeHTTP(w, in)
	return w.Result(), nil
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends a body and reads the answer.
func (d *door) post(ctx context.Context, path, media, key string, body []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, usage("--url is not a URL", "give the address of the partner API, such as http://127.0.0.1:8080/v1")
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", media)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return nil, &failure{code: exitDown, text: "the server does not answer", err: err, todo: "see whether it runs and --url is right"}
	}
	defer res.Body.Close()
	out := &answer{status: res.StatusCode, header: res.Header}
	if out.body, err = io.ReadAll(io.LimitReader(res.Body, 64<<20)); err != nil {
		return nil, &failure{code: exitDown, text: "the answer breaks off", err: err, todo: "send it again: a repeat is never a second service"}
	}
	return out, nil
}

// code is the exit code of an answer.
func (a *answer) code() int {
	switch {
	case a.status < 300:
		return exitFine
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return exitDenied
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable, a.status == http.StatusBadGateway:
		return exitDown
	case a.status >= 500:
		return exitFault
	}
	return exitFindings
}

// outcome is the answer in one word and its status.
func (a *answer) outcome() string {
	return fmt.Sprintf("%d %s", a.status, strings.ToLower(http.StatusText(a.status)))
}
