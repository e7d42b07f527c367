package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// tokenHash is how a token is kept: tokens carry 256 random bits, so a plain
// hash cannot be searched.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// MintToken makes a token for a partner, valid for the given time, and returns
// it; it is shown once and kept as a hash.
func (s *Store) MintToken(ctx context.Context, partner gateway.PartnerID, label string, valid time.Duration) (string, error) {
	var b [32]byte
	rand.Read(b[:])
	token := "tl_" + base64.RawURLEncoding.EncodeToString(b[:])
	return token, s.AddToken(ctx, partner, label, token, valid)
}

// AddToken registers a token made elsewhere (the demo's fixed ones).
func (s *Store) AddToken(ctx context.Context, partner gateway.PartnerID, label, token string, valid time.Duration) error {
	now := s.Now()
	return s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, `insert into partner_token (hash, partner, label, created_at, expires_at) values ($1, $2, $3, $4, $5)
			on conflict (hash) do update set expires_at = excluded.expires_at`, tokenHash(token), string(partner), label, now.UnixMicro(), now.Add(valid).UnixMicro())
	})
}

// RotateTokens makes a new token and lets the old ones of the partner end after
// the overlap.
func (s *Store) RotateTokens(ctx context.Context, partner gateway.PartnerID, label string, valid, overlap time.Duration) (string, error) {
	until := s.Now().Add(overlap).UnixMicro()
	err := s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, "update partner_token set expires_at = $2 where partner = $1 and expires_at > $2", string(partner), until)
	})
	if err != nil {
		return "", err
	}
	return s.MintToken(ctx, partner, label, valid)
}

// Authenticate finds the partner of a token; unknown, expired and revoked are
// one answer.
func (s *Store) Authenticate(ctx context.Context, token string) (gateway.PartnerID, error) {
	var partner gateway.PartnerID
	err := s.reading().row(ctx, "select partner from partner_token where hash = $1 and revoked_at = 0 and expires_at > $2", tokenHash(token), s.micros()).Scan(&partner)
	if noRows(err) {
		return "", gateway.Faultf("authenticate", gateway.Denied, fhir.Issue{Code: "login", Found: "a token that is not valid", Fix: "send a current token of your organization"})
	}
	return partner, s.worded(err)
}
