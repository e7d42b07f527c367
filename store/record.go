package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// record queues the message itself: effects, the answer, the inbox row, audit.
func (a *applying) record(ctx context.Context) error {
	out := *a.r
	out.Effects, out.Authorizations, out.Payer = a.effects, a.authorizations, a.payer
	if a.r.Reply != nil {
		out.Answer = a.r.Reply(&out)
	}
	if out.Answer == nil {
		out.Answer = &gateway.Answer{Status: 201}
	}
	a.out = &out
	a.putEffects()
	a.putAudit()
	a.auditMerges()
	if out.Generation > 0 {
		return a.updateInbox(&out)
	}
	return a.putInbox(&out)
}

func (a *applying) putEffects() {
	const chunk = 8
	for from := 0; from < len(a.effects); from += chunk {
		part := a.effects[from:min(from+chunk, len(a.effects))]
		args := []any{string(a.r.Message.ID), a.r.Generation}
		marks := make([]string, len(part))
		for i, e := range part {
			marks[i] = "($1, $2, " + bindAll(&args, []any{from + i + 1, e.Type, e.ID, e.Version, string(e.Verb), e.Person}) + ")"
		}
		a.t.put("insert into effect (message, generation, no, type, id, version, verb, person) values "+strings.Join(marks, ", "), args...)
	}
}

// putAudit says who did what to which resource: one row per message and one per
// resource when there are several.
func (a *applying) putAudit() {
	for i, e := range a.effects {
		a.audit(i, string(e.Verb), e.Type, e.ID, fmt.Sprintf("version %d", e.Version))
	}
	if len(a.effects) == 0 {
		a.audit(0, string(a.r.State), "", "", string(a.r.Message.Kind))
	}
}

func (a *applying) audit(no int, action, typ, id, detail string) {
	a.t.put(`insert into audit (seq, no, at, partner, action, type, id, message, outcome, detail) values ($1, $2, $3, $4, $5, $6, $7, $8, '0', $9)`,
		a.seq, no, a.now.UnixMicro(), string(a.caller.Partner), action, typ, id, string(a.r.Message.ID), detail)
}

// answerHead is the part of an answer that is neither status nor body.
type answerHead struct {
	Location string    `json:"location,omitempty"`
	ETag     string    `json:"etag,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
}

func (a *applying) putInbox(r *gateway.Receipt) error {
	w, err := wordsOf(r)
	if err != nil {
		return err
	}
	m := r.Message
	key := m.Key
	if key == "" {
		key = string(m.ID)
	}
	a.t.put(`insert into inbox (id, partner, channel, msg_key, kind, sha256, body, ask, origin, state, generation, mapping, fault, issues,
			answer_status, answer_head, answer_body, answer_effect, received_at, seq, routed)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		string(m.ID), string(m.Partner), m.Channel, key, string(m.Kind), m.Sum(), m.Body, w.ask, m.Origin, string(r.State), r.Mapped.Name, w.fault, w.issues,
		r.Answer.Status, w.head, r.Answer.Body, r.Answer.Effect, m.Received.UnixMicro(), a.seq, a.routed())
	return nil
}

// updateInbox is the row of a replayed message; its first answer stays.
func (a *applying) updateInbox(r *gateway.Receipt) error {
	w, err := wordsOf(r)
	if err != nil {
		return err
	}
	a.t.put("update inbox set state = $2, mapping = $3, fault = $4, issues = $5, seq = $6, routed = $7 where id = $1",
		string(r.Message.ID), string(r.State), r.Mapped.Name, w.fault, w.issues, a.seq, a.routed())
	return nil
}

// routed is 1 when there is nothing for Route to plan.
func (a *applying) routed() int {
	for _, e := range a.effects {
		if e.Verb != gateway.Unchanged {
			return 0
		}
	}
	return 1
}

// words are the parts of a receipt that are kept as JSON.
type words struct{ ask, fault, issues, head string }

func wordsOf(r *gateway.Receipt) (w words, err error) {
	parts := []struct {
		into  *string
		value any
	}{{&w.ask, askOf(r.Message)}, {&w.fault, faultOf(r.Fault)}, {&w.issues, r.Mapped.Issues},
		{&w.head, answerHead{r.Answer.Location, r.Answer.ETag, r.Answer.Modified}}}
	for _, p := range parts {
		text, err := json.Marshal(p.value)
		if err != nil {
			return w, err
		}
		*p.into = string(text)
	}
	return w, nil
}

// storedAsk is an Ask without its parsed criteria.
type storedAsk struct {
	Interaction gateway.Interaction `json:"interaction"`
	Type        string              `json:"type,omitempty"`
	ID          string              `json:"id,omitempty"`
	IfMatch     int64               `json:"if_match,omitempty"`
	Where       string              `json:"where,omitempty"`
}

func askOf(m *gateway.Message) *storedAsk {
	if m.Ask == nil {
		return nil
	}
	ask := &storedAsk{Interaction: m.Ask.Interaction, Type: m.Ask.Type, ID: m.Ask.ID, IfMatch: m.Ask.IfMatch}
	if m.Ask.Where != nil {
		ask.Where = m.Ask.Where.Values().Encode()
	}
	return ask
}

// storedFault is a fault without its Go error.
type storedFault struct {
	Op     string       `json:"op"`
	Code   gateway.Code `json:"code"`
	Issues fhir.Issues  `json:"issues"`
}

func faultOf(f *gateway.Fault) *storedFault {
	if f == nil {
		return nil
	}
	return &storedFault{f.Op, f.Code, f.Issues}
}
