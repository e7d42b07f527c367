package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// AuditFilter selects rows of the audit trail; empty fields select all.
type AuditFilter struct {
	Partner  gateway.PartnerID // or the person who acted
	Action   string
	Type     string
	ID       string
	Message  gateway.MessageID
	From, To time.Time // in [From, To)
}

// AuditRow is one row of the audit trail.
type AuditRow struct {
	At      time.Time         `json:"at"`
	Partner gateway.PartnerID `json:"partner"` // or the person who acted
	Action  string            `json:"action"`
	Type    string            `json:"type"`
	ID      string            `json:"id"`
	Message gateway.MessageID `json:"message"`
	Outcome string            `json:"outcome"` // AuditEvent.outcome
	Detail  string            `json:"detail"`
}

// AuditTrail reads the audit trail, newest first; next continues the list and is
// empty at its end.
func (s *Store) AuditTrail(ctx context.Context, f AuditFilter, p gateway.Paging) (out []AuditRow, next string, err error) {
	if err := s.FlushAudit(ctx); err != nil {
		return nil, "", err
	}
	var args []any
	where, err := auditTerms(f, p.After, &args)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.read.QueryContext(ctx, `select at, partner, action, type, id, message, outcome, detail, seq, no from audit
		where `+where+" order by seq desc, no desc limit "+bind(&args, p.Size()+1), args...)
	if err != nil {
		return nil, "", err
	}
	var last string
	err = eachRow(rows, func() error {
		var r AuditRow
		var at, seq, no int64
		if err := rows.Scan(&at, &r.Partner, &r.Action, &r.Type, &r.ID, &r.Message, &r.Outcome, &r.Detail, &seq, &no); err != nil {
			return err
		}
		r.At = fromMicros(at)
		if out = append(out, r); len(out) <= p.Size() {
			last = fmt.Sprintf("%d.%d", seq, no)
		}
		return nil
	})
	if err != nil || len(out) <= p.Size() {
		return out, "", err
	}
	return out[:p.Size()], last, nil
}

func auditTerms(f AuditFilter, after string, args *[]any) (string, error) {
	where := []string{"1 = 1"}
	for _, term := range [][2]string{{"partner", string(f.Partner)}, {"action", f.Action}, {"type", f.Type}, {"id", f.ID}, {"message", string(f.Message)}} {
		if term[1] != "" {
			where = append(where, term[0]+" = "+bind(args, term[1]))
		}
	}
	if !f.From.IsZero() {
		where = append(where, "at >= "+bind(args, f.From.UnixMicro()))
	}
	if !f.To.IsZero() {
		where = append(where, "at < "+bind(args, f.To.UnixMicro()))
	}
	if after == "" {
		return strings.Join(where, " and "), nil
	}
	a, b, _ := strings.Cut(after, ".")
	seq, err1 := strconv.ParseInt(a, 10, 64)
	no, err2 := strconv.ParseInt(b, 10, 64)
	if err1 != nil || err2 != nil {
		return "", gateway.Faultf("audit", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a cursor that is not ours", Fix: "use the one the last page gave"})
	}
	seqArg, noArg := bind(args, seq), bind(args, no)
	return strings.Join(append(where, "(seq, no) < ("+seqArg+", "+noArg+")"), " and "), nil
}
