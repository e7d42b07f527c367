package fhirrest

import (
	"context"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/smartkey"
)

// Options are what the partner's profile does not say.
type Options struct {
	Token   func(ctx context.Context, refused string) (string, error) // nil = the partner's login or token; refused: the token that was not taken, empty at first
	Allow   []netip.Prefix                                            // private networks its name may resolve to
	Remotes Remotes                                                   // what its server calls our resources; nil = PUT blindly, as before anything was known
	Notice  func(text string)                                         // something an operator should know: the metadata changed; may be nil
	Now     func() time.Time                                          // nil = time.Now
}

// server is a partner's FHIR server as we reach it: one guarded client, one
// token, one memory of what it can do.
type server struct {
	client *guard.Client
	token  func(ctx context.Context, refused string) (string, error)
	fixed  bool // the token never changes
	notice func(string)
	now    func() time.Time

	mu     sync.Mutex // held while metadata is read: one reads, the others wait
	can    *Capabilities
	readAt time.Time
}

func connect(p *gateway.Partner, o Options) (*server, error) {
	s := &server{token: o.Token, now: o.Now, notice: o.Notice}
	if s.now == nil {
		s.now = time.Now
	}
	if s.notice == nil {
		s.notice = func(string) {}
	}
	open := func(url string) (*guard.Client, error) {
		return guard.New(url, guard.Options{Timeout: p.Deliver.Timeout, Allow: o.Allow, Now: s.now})
	}
	var err error
	if s.client, err = open(p.Deliver.URL); err != nil {
		return nil, err
	}
	switch login := p.Deliver.Login; {
	case s.token != nil:
	case login != nil:
		keys, err := smartkey.Parse(login.Key, login.KeyID)
		if err != nil {
			return nil, err
		}
		s.token = (&smart{fhir: s.client, login: login, key: keys[0], now: s.now, open: open}).Token
	default:
		s.fixed = true
		s.token = func(context.Context, string) (string, error) { return p.Deliver.Token, nil }
	}
	return s, nil
}

// authorized runs an exchange with a token, and once more with a fresh one when
// that was refused (401): then it is the partner's word.
func (s *server) authorized(ctx context.Context, header map[string]string, run func(map[string]string) (*guard.Answer, error)) (*guard.Answer, error) {
	token, err := s.token(ctx, "")
	if err != nil {
		return nil, tokenError(err)
	}
	a, err := run(bearing(header, token))
	if a == nil || a.Status != http.StatusUnauthorized || s.fixed {
		return a, err
	}
	if token, err = s.token(ctx, token); err != nil {
		return nil, tokenError(err)
	}
	return run(bearing(header, token))
}

// tokenError keeps the fault of a token endpoint; an unknown error may pass.
func tokenError(err error) error {
	if f := gateway.FaultOf(err); f.Code != gateway.Internal {
		return f
	}
	return &gateway.Fault{Op: "token", Code: gateway.Busy, Err: err}
}

func bearing(header map[string]string, token string) map[string]string {
	out := maps.Clone(header)
	if out == nil {
		out = map[string]string{}
	}
	if token != "" {
		out["Authorization"] = "Bearer " + token
	}
	return out
}

// do sends a body and reads at most max bytes of the answer.
func (s *server) do(ctx context.Context, method, where string, header map[string]string, body []byte, max int64) (*guard.Answer, []byte, error) {
	var text []byte
	a, err := s.authorized(ctx, header, func(h map[string]string) (a *guard.Answer, err error) {
		a, text, err = s.client.Fetch(ctx, method, where, h, body, max)
		return a, err
	})
	return a, text, err
}

// get reads a resource or a page.
func (s *server) get(ctx context.Context, where string) (*guard.Answer, []byte, error) {
	return s.do(ctx, http.MethodGet, where, map[string]string{"Accept": mediaType}, nil, maxPage)
}

// maxPage bounds one resource or page of a partner.
const maxPage = 32 << 20

// repeat takes one step after the other until ctx ends, as long after as each
// says.
func (s *server) repeat(ctx context.Context, what string, once func(context.Context) (time.Duration, error)) error {
	defer s.client.Close()
	for {
		wait, err := once(ctx)
		if err != nil && ctx.Err() == nil {
			s.notice(what + ": " + gateway.FaultOf(err).Error())
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}
