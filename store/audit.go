package store

import (
	"context"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Look is one read, search or refusal to be audited.
type Look struct {
	At      time.Time
	Partner gateway.PartnerID
	Action  string // read, vread, history, search, check, refused
	Type    string
	ID      string
	Outcome string // AuditEvent.outcome: 0 success, 4 refused, 8 failed
	Detail  string // never a value that names a person
}

// auditBatch is how many looks are gathered before they are written; they are
// also written by FlushAudit, which cmd calls every second, and by Close.
const auditBatch = 200

// readAudit gathers looks. Writing one row a read would make every read wait
// for the disk.
type readAudit struct {
	mu    sync.Mutex
	looks []Look
}

// Audit keeps a look at records. Changes are audited in their own transaction.
func (s *Store) Audit(ctx context.Context, l Look) error {
	s.readAudit.mu.Lock()
	s.readAudit.looks = append(s.readAudit.looks, l)
	full := len(s.readAudit.looks) >= auditBatch
	s.readAudit.mu.Unlock()
	if full {
		return s.FlushAudit(ctx)
	}
	return nil
}

// FlushAudit writes the looks gathered so far. On an error they are kept for
// the next call.
func (s *Store) FlushAudit(ctx context.Context) error {
	s.readAudit.mu.Lock()
	looks := s.readAudit.looks
	s.readAudit.looks = nil
	s.readAudit.mu.Unlock()
	if len(looks) == 0 {
		return nil
	}
	err := s.inTx(ctx, func(t *tx) error { return s.putLooks(ctx, t, looks) })
	if err != nil {
		s.readAudit.mu.Lock()
		s.readAudit.looks = append(looks, s.readAudit.looks...)
		s.readAudit.mu.Unlock()
	}
	return err
}

func (s *Store) putLooks(ctx context.Context, t *tx, looks []Look) error {
	seq, err := s.dialect.nextSeq(ctx, t, 1)
	if err != nil {
		return err
	}
	for i, l := range looks {
		t.put(`insert into audit (seq, no, at, partner, action, type, id, message, outcome, detail) values ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)`,
			seq, i, l.At.UnixMicro(), string(l.Partner), l.Action, l.Type, l.ID, l.Outcome, l.Detail)
	}
	return nil
}
