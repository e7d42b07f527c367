package main

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// nextOf is what is to be done about a step.
var nextOf = map[gateway.NoticeKind]string{
	gateway.AdverseNotice:     "payer: send the notice of the decision, and its record adverse_notice",
	gateway.AdvanceNotice:     "payer: send the notice before the cut takes effect, and its record adverse_notice",
	gateway.LateDenial:        "payer: decide, or send the notice that the time has passed",
	gateway.AppealWindow:      "family: may appeal; help it to file (throughline appeal file)",
	gateway.ContinueWindow:    "family: may ask that benefits continue (throughline appeal file --continue-from)",
	gateway.HearingWindow:     "family: may ask for a fair hearing (throughline appeal file --level fair-hearing)",
	gateway.AcknowledgeAppeal: "payer: acknowledge the appeal (throughline appeal decide ID acknowledge)",
	gateway.ResolveAppeal:     "payer: resolve the appeal (throughline appeal decide ID uphold|overturn)",
	gateway.DecideHearing:     "state: decide the hearing (throughline appeal decide ID uphold|overturn)",
	gateway.CarryOut:          "payer: authorize what was reversed (throughline auth decide)",
}

// steps are the notices, windows and appeals that wait for somebody: of the
// partner's requests, and of the children it may see.
func (w worklists) steps(ctx context.Context, p *gateway.Partner, now time.Time) (out []console.Work, err error) {
	requests, err := w.app.Store.RequestsWithSteps(ctx, p.Caller())
	if err != nil {
		return nil, err
	}
	for i := range requests {
		r, err := w.app.withClocks(ctx, &requests[i])
		if err != nil {
			return nil, err
		}
		for n := range r.Steps {
			s := &r.Steps[n]
			waits := s.Waits(now) && (s.Kind != gateway.LateDenial || r.A.State() != gateway.AuthWaiting) // the request itself says that it is late
			if waits {
				out = append(out, stepWork(s, r.A.ID, string(r.A.Payer), linkTo(r.A, p), now))
			}
		}
	}
	others, err := w.appeals(ctx, p, now)
	return append(out, others...), err
}

func linkTo(a *gateway.Authorization, p *gateway.Partner) string {
	if a.Payer != p.ID {
		return ""
	}
	return console.Path + "/reviews/" + a.ID
}

// appeals are those about authorizations that were not asked for here by, or of,
// the partner: of other children it may see.
func (w worklists) appeals(ctx context.Context, p *gateway.Partner, now time.Time) (out []console.Work, err error) {
	list, err := w.app.appeals(ctx, p)
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		if v.Request != nil && (v.Request.Payer == p.ID || v.Request.Requester == p.ID) {
			continue // among the steps of the request
		}
		for n := range v.Steps {
			if s := &v.Steps[n]; s.Waits(now) {
				out = append(out, stepWork(s, v.ID, string(v.Payer), "", now))
			}
		}
	}
	return out, nil
}

func stepWork(s *gateway.Notice, record, payer, link string, now time.Time) console.Work {
	out := console.Work{What: string(s.Kind), Record: record, Text: "of the whole request", On: string(s.On), Since: s.At, Due: s.Due, State: string(s.State(now)), Next: nextOf[s.Kind], Link: link}
	if s.Item > 0 {
		out.Text = fmt.Sprintf("item %d", s.Item)
	}
	if s.Appeal != "" {
		out.Text += ", appeal " + s.Appeal
	}
	if s.On == gateway.OnPayer && payer != "" {
		out.On = payer
	}
	if s.Missing {
		out.State, out.Text = "incomplete", out.Text+", without reason, reviewer or credential"
	}
	return out
}

// appealView is an appeal with its steps.
type appealView struct {
	gateway.Appeal
	Payer   gateway.PartnerID
	Request *gateway.Authorization // the request it is about; nil when it did not come by here
	Steps   []gateway.Notice
}

// appeals are those of the children that the partner may see, oldest first, with
// their steps.
func (a *App) appeals(ctx context.Context, p *gateway.Partner) ([]appealView, error) {
	records, err := a.Store.Filings(ctx, p.Caller())
	if err != nil {
		return nil, err
	}
	f := mappings.Filings(records, a.partner)
	requests := map[string][]gateway.Authorization{}
	out := make([]appealView, 0, len(f.Appeals))
	for i := range f.Appeals {
		v := appealView{Appeal: f.Appeals[i]}
		if _, asked := requests[v.Person]; !asked {
			if requests[v.Person], err = a.Store.RequestsAbout(ctx, v.Person); err != nil {
				return nil, err
			}
		}
		if err := a.complete(ctx, &v, requests[v.Person], ofChild(&f, v.Person)); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// ofChild are the filings of one child.
func ofChild(f *gateway.Filings, person string) *gateway.Filings {
	var out gateway.Filings
	for i := range f.Appeals {
		if f.Appeals[i].Person == person {
			out.Appeals = append(out.Appeals, f.Appeals[i])
		}
	}
	return &out
}

// complete finds the request and the payer of an appeal, and its steps.
func (a *App) complete(ctx context.Context, v *appealView, requests []gateway.Authorization, child *gateway.Filings) error {
	now := time.Now()
	for i := range requests {
		if v.About.Of(&requests[i], 0) {
			v.Request, v.Payer = &requests[i], requests[i].Payer
		}
	}
	if v.Request != nil {
		r, err := a.withClocks(ctx, v.Request)
		if err != nil {
			return err
		}
		for _, s := range r.Steps {
			if s.Appeal == v.ID {
				v.Steps = append(v.Steps, s)
			}
		}
		return nil
	}
	if p, ok := a.partner(v.Partner); ok && p.Kind == gateway.MCO {
		v.Payer = p.ID
	}
	v.Steps = a.Config.Clocks.AppealSteps(v.Payer, &v.Appeal, child, a.zoneOf(v.Payer), now)
	return nil
}
