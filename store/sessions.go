package store

import (
	"context"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Session is a person logged in at the console in the name of a partner.
type Session struct {
	Partner gateway.PartnerID
	Who     string // how the person is named in the audit trail
	CSRF    string
	Seen    time.Time
	Expires time.Time
}

// AddSession keeps a session under its secret, of which only a hash is stored;
// audited. Sessions that are over are removed on the way.
func (s *Store) AddSession(ctx context.Context, secret string, v Session) error {
	now := s.micros()
	return s.inTx(ctx, func(t *tx) error {
		t.put("delete from console_session where expires_at <= $1", now)
		t.put("insert into console_session (hash, partner, who, csrf, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $5, $5, $6)",
			tokenHash(secret), string(v.Partner), v.Who, v.CSRF, now, v.Expires.UnixMicro())
		return s.auditAct(ctx, t, act{who: v.Who, action: "login", typ: "console", outcome: auditDone})
	})
}

// sessionSeenEvery is how exact the time is at which a session was last used.
const sessionSeenEvery = time.Minute

// Session finds a session that is not over and was used within idle.
func (s *Store) Session(ctx context.Context, secret string, idle time.Duration) (*Session, error) {
	now, hash := s.Now(), tokenHash(secret)
	var v Session
	var seen, expires int64
	err := s.reading().row(ctx, "select partner, who, csrf, seen_at, expires_at from console_session where hash = $1 and expires_at > $2 and seen_at > $3",
		hash, now.UnixMicro(), now.Add(-idle).UnixMicro()).Scan(&v.Partner, &v.Who, &v.CSRF, &seen, &expires)
	if noRows(err) {
		return nil, gateway.Faultf("session", gateway.Denied, fhir.Issue{Code: "login", Found: "no session, or one that is over", Fix: "log in again"})
	}
	if err != nil {
		return nil, s.worded(err)
	}
	v.Seen, v.Expires = fromMicros(seen), fromMicros(expires)
	if now.Sub(v.Seen) > sessionSeenEvery {
		err = s.inTx(ctx, func(t *tx) error {
			return t.exec(ctx, "update console_session set seen_at = $1 where hash = $2", now.UnixMicro(), hash)
		})
	}
	return &v, s.worded(err)
}

// EndSession logs out; audited.
func (s *Store) EndSession(ctx context.Context, secret, who string) error {
	return s.inTx(ctx, func(t *tx) error {
		t.put("delete from console_session where hash = $1", tokenHash(secret))
		return s.auditAct(ctx, t, act{who: who, action: "logout", typ: "console", outcome: auditDone})
	})
}
