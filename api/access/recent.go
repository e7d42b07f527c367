package access

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// maxRecent bounds the tokens that are remembered; more start over.
const maxRecent = 4096

// Recent remembers for a short while whose a token is, so that a partner's
// stream of requests does not ask the store each time. A revoked token works
// until For is over. Only tokens that are known are remembered, as hashes.
type Recent struct {
	Tokens Authenticator
	For    time.Duration
	Now    func() time.Time // nil = time.Now

	mu    sync.Mutex
	known map[[sha256.Size]byte]recent
}

type recent struct {
	partner gateway.PartnerID
	until   time.Time
}

// Authenticate answers from memory, or asks.
func (r *Recent) Authenticate(ctx context.Context, token string) (gateway.PartnerID, error) {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	sum := sha256.Sum256([]byte(token))
	r.mu.Lock()
	found, ok := r.known[sum]
	r.mu.Unlock()
	if ok && now().Before(found.until) {
		return found.partner, nil
	}
	id, err := r.Tokens.Authenticate(ctx, token)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxRecent {
		r.known = map[[sha256.Size]byte]recent{}
	}
	r.known[sum] = recent{id, now().Add(r.For)}
	return id, nil
}
