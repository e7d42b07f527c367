package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// storedFilter is what a replay selects, as JSON.
type storedFilter struct {
	Messages   gateway.MessageFilter
	Deliveries gateway.DeliveryFilter
}

// AddJob keeps a replay, so that it runs; audited.
func (s *Store) AddJob(ctx context.Context, j *gateway.Job) error {
	if strings.TrimSpace(j.Who) == "" {
		return gateway.Faultf("replay", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "nobody who asks for it", Fix: "say who; it is kept in the audit trail"})
	}
	if err := needReason("replay", j.Reason); err != nil {
		return err
	}
	filter, err := json.Marshal(storedFilter{j.Messages, j.Deliveries})
	if err != nil {
		return err
	}
	now := s.micros()
	j.Created, j.Updated, j.State = fromMicros(now), fromMicros(now), gateway.JobRunning
	return s.inTx(ctx, func(t *tx) error {
		t.put(`insert into replay_job (id, kind, filter, reason, who, pin, per_second, state, total, done, applied, held, failed, place, created_at, updated_at, finished_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, '', $10, $10, 0)`,
			string(j.ID), string(j.Kind), string(filter), j.Reason, j.Who, j.Pin, j.PerSec, string(j.State), j.Total, now)
		return s.auditAct(ctx, t, act{who: j.Who, action: "replay", typ: "job", id: string(j.ID), outcome: auditDone, detail: j.Reason})
	})
}

// auditDone is the outcome of an AuditEvent that went well.
const auditDone = "0"

const jobColumns = `select id, kind, filter, reason, who, pin, per_second, state, total, done, applied, held, failed, place, created_at, updated_at, finished_at from replay_job `

func scanJob(row scanner) (*gateway.Job, error) {
	j := &gateway.Job{}
	var filter string
	var created, updated, finished int64
	err := row.Scan(&j.ID, &j.Kind, &filter, &j.Reason, &j.Who, &j.Pin, &j.PerSec, &j.State, &j.Total, &j.Done, &j.Applied, &j.Held, &j.Failed, &j.Place, &created, &updated, &finished)
	if err != nil {
		return nil, err
	}
	j.Created, j.Updated, j.Finished = fromMicros(created), fromMicros(updated), fromMicros(finished)
	var f storedFilter
	if err := json.Unmarshal([]byte(filter), &f); err != nil {
		return nil, fmt.Errorf("replay job %s: %w", j.ID, err)
	}
	j.Messages, j.Deliveries = f.Messages, f.Deliveries
	return j, nil
}

// Job reads one replay.
func (s *Store) Job(ctx context.Context, id gateway.JobID) (*gateway.Job, error) {
	j, err := scanJob(s.reading().row(ctx, jobColumns+"where id = $1", string(id)))
	if noRows(err) {
		return nil, gateway.Faultf("replay", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no replay with this id", Fix: "see the list of replays"})
	}
	return j, s.worded(err)
}

// NextJob is the oldest replay that is running; nil when there is none.
func (s *Store) NextJob(ctx context.Context) (*gateway.Job, error) {
	j, err := scanJob(s.reading().row(ctx, jobColumns+"where state = 'running' order by created_at, id limit 1"))
	if noRows(err) {
		return nil, nil
	}
	return j, s.worded(err)
}

// Replays lists the last replays, newest first.
func (s *Store) Replays(ctx context.Context, limit int) (out []*gateway.Job, err error) {
	rows, err := s.read.QueryContext(ctx, jobColumns+"order by created_at desc, id desc limit $1", limit)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, eachRow(rows, func() error {
		j, err := scanJob(rows)
		out = append(out, j)
		return err
	})
}

// maxNotes bounds what is kept of a replay that goes wrong.
const maxNotes = 1000

// Progress records one outcome of a running replay, compare-and-set on how far
// it had come.
func (s *Store) Progress(ctx context.Context, j *gateway.Job, out gateway.Outcome) error {
	return s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `update replay_job set done = $1, applied = $2, held = $3, failed = $4, place = $5, updated_at = $6
			where id = $7 and state = 'running' and done = $8`,
			j.Done, j.Applied, j.Held, j.Failed, j.Place, s.micros(), string(j.ID), j.Done-1)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.ErrFenced
		}
		if out.Fault == nil || j.Held+j.Failed > maxNotes {
			return nil
		}
		issues, err := json.Marshal(out.Fault.Issues)
		if err != nil {
			return err
		}
		return t.exec(ctx, `insert into replay_note (job, no, message, delivery, state, code, issues) values ($1, $2, $3, $4, $5, $6, $7)`,
			string(j.ID), j.Done, string(out.Message), string(out.Delivery), string(out.State), string(out.Fault.Code), string(issues))
	})
}

// FinishJob closes a running replay.
func (s *Store) FinishJob(ctx context.Context, j *gateway.Job) error {
	return s.inTx(ctx, func(t *tx) error {
		now := s.micros()
		n, err := t.affect(ctx, "update replay_job set state = $1, updated_at = $2, finished_at = $2 where id = $3 and state = 'running' and done = $4",
			string(j.State), now, string(j.ID), j.Done)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.ErrFenced
		}
		j.Finished = fromMicros(now)
		detail := fmt.Sprintf("%d applied, %d held, %d failed of %d", j.Applied, j.Held, j.Failed, j.Total)
		return s.auditAct(ctx, t, act{who: j.Who, action: "replay done", typ: "job", id: string(j.ID), outcome: auditDone, detail: detail})
	})
}

// moves says from which states a replay can be moved to which.
var moves = map[gateway.JobState][]gateway.JobState{
	gateway.JobPaused:  {gateway.JobRunning},
	gateway.JobRunning: {gateway.JobPaused},
	gateway.JobAborted: {gateway.JobRunning, gateway.JobPaused},
}

// MoveJob pauses, resumes or aborts a replay; audited. It takes effect before the
// next message.
func (s *Store) MoveJob(ctx context.Context, id gateway.JobID, to gateway.JobState, reason, who string) error {
	if err := needReason("replay", reason); err != nil {
		return err
	}
	return s.inTx(ctx, func(t *tx) error {
		var state gateway.JobState
		err := t.row(ctx, "select state from replay_job where id = $1"+s.dialect.forUpdate(), string(id)).Scan(&state)
		if noRows(err) {
			return gateway.Faultf("replay", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no replay with this id", Fix: "see the list of replays"})
		}
		if err != nil {
			return err
		}
		if !slices.Contains(moves[to], state) {
			return gateway.Faultf("replay", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a replay that is " + string(state), Allowed: fmt.Sprint(moves[to])})
		}
		finished := int64(0)
		if to == gateway.JobAborted {
			finished = s.micros()
		}
		t.put("update replay_job set state = $1, updated_at = $2, finished_at = $3 where id = $4", string(to), s.micros(), finished, string(id))
		return s.auditAct(ctx, t, act{who: who, action: "replay " + string(to), typ: "job", id: string(id), outcome: auditDone, detail: reason})
	})
}

// JobNotes are the outcomes of a replay that were not what was hoped for.
func (s *Store) JobNotes(ctx context.Context, id gateway.JobID) (out []gateway.Outcome, err error) {
	rows, err := s.read.QueryContext(ctx, "select message, delivery, state, code, issues from replay_note where job = $1 order by no", string(id))
	if err != nil {
		return nil, s.worded(err)
	}
	return out, eachRow(rows, func() error {
		o := gateway.Outcome{Fault: &gateway.Fault{Op: "replay"}}
		var issues string
		if err := rows.Scan(&o.Message, &o.Delivery, &o.State, &o.Fault.Code, &issues); err != nil {
			return err
		}
		out = append(out, o)
		return json.Unmarshal([]byte(issues), &o.Fault.Issues)
	})
}
