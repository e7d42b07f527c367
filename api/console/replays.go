package console

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// replaysPage is the form of a replay and what was replayed before.
type replaysPage struct {
	Form     replayForm
	Jobs     []*gateway.Job
	Partners []string
	Preview  *previewed
}

// replayForm is what was filled in.
type replayForm struct{ Kind, Partner, State, MessageKind, From, To, Mapping, PerSec, Reason string }

// previewed is what a replay would do.
type previewed struct {
	Total  int
	Tried  gateway.Summary
	Faults []gateway.Outcome
}

func (c *Console) replays(v *visit) (*answer, error) {
	form := replayForm{Kind: "deliveries", PerSec: "20", Partner: query(v.r, "partner")}
	return c.replayForm(v, form, nil)
}

func (c *Console) replayForm(v *visit, form replayForm, p *previewed) (*answer, error) {
	jobs, err := c.Flows.Replays(v.ctx, 20)
	return &answer{View: "replays", Title: "Replays", Data: replaysPage{form, jobs, c.partnerIDs(v), p}}, err
}

// preview says how many a replay selects, and what would become of the first.
func (c *Console) preview(v *visit) (*answer, error) {
	form, job, err := replayOf(v)
	if err != nil {
		return nil, err
	}
	sum, faults, err := c.Desk.Preview(v.ctx, job)
	if err != nil {
		return nil, err
	}
	return c.replayForm(v, form, &previewed{job.Total, sum, faults})
}

// start keeps the replay and shows how it comes along.
func (c *Console) start(v *visit) (*answer, error) {
	_, job, err := replayOf(v)
	if err != nil {
		return nil, err
	}
	if job.Reason, err = v.reason(); err != nil {
		return nil, err
	}
	if err := c.Desk.StartReplay(v.ctx, job); err != nil {
		return nil, err
	}
	return &answer{Go: Path + "/replays/" + url.PathEscape(string(job.ID))}, nil
}

// replayOf reads the form.
func replayOf(v *visit) (replayForm, *gateway.Job, error) {
	get := func(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }
	f := replayForm{get("kind"), get("partner"), get("state"), get("message_kind"), get("from"), get("to"), get("mapping"), get("per_second"), get("reason")}
	j := &gateway.Job{Kind: gateway.JobKind(f.Kind), Pin: f.Mapping, Who: v.session.Who, Reason: f.Reason}
	var err error
	if f.PerSec != "" {
		if j.PerSec, err = strconv.Atoi(f.PerSec); err != nil || j.PerSec < 0 || j.PerSec > 10000 {
			return f, nil, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a speed that is no number", Allowed: "0 (no limit) to 10000 a second"})
		}
	}
	switch j.Kind {
	case gateway.JobDeliveries:
		j.Deliveries.Partner = gateway.PartnerID(f.Partner)
	case gateway.JobMessages:
		j.Messages = gateway.MessageFilter{Partner: gateway.PartnerID(f.Partner), State: gateway.State(f.State), Kind: gateway.Kind(f.MessageKind)}
		if j.Messages.From, err = moment(f.From); err == nil {
			j.Messages.To, err = moment(f.To)
		}
	default:
		err = gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "nothing to replay", Allowed: "messages or deliveries"})
	}
	return f, j, err
}

// replayPage is one replay, live.
type replayPage struct {
	Job   *gateway.Job
	Notes []gateway.Outcome
}

func (c *Console) replay(v *visit) (*answer, error) {
	job, err := c.Flows.Job(v.ctx, gateway.JobID(v.r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	notes, err := c.Flows.JobNotes(v.ctx, job.ID)
	if err != nil {
		return nil, err
	}
	a := &answer{View: "replay", Title: "Replay " + string(job.ID), Data: replayPage{job, notes[:min(len(notes), 200)]}}
	if job.State == gateway.JobRunning {
		a.Refresh = 1
	}
	return a, nil
}

// moveTo is the state behind each button.
var moveTo = map[string]gateway.JobState{"pause": gateway.JobPaused, "resume": gateway.JobRunning, "abort": gateway.JobAborted}

func (c *Console) move(v *visit) (*answer, error) {
	to, ok := moveTo[v.r.PathValue("to")]
	if !ok {
		return nil, notHere()
	}
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	id := v.r.PathValue("id")
	return &answer{Go: Path + "/replays/" + url.PathEscape(id)}, c.Desk.MoveJob(v.ctx, gateway.JobID(id), to, reason, v.session.Who)
}
