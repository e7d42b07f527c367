package program

import (
	"fmt"
	"slices"
)

// SingleCoordinator wants all plans of a person to have the same coordinator.
type SingleCoordinator struct{}

func (*SingleCoordinator) judge(r *Rule, f *Facts, _ Day) []breach {
	of := map[string][]string{}
	for _, p := range f.Plans {
		if p.Coordinator != "" && !slices.Contains(of[p.Person], p.Coordinator) {
			of[p.Person] = append(of[p.Person], p.Coordinator)
		}
	}
	return each(r, f.Plans, func(p *Plan) []gap {
		if n := len(of[p.Person]); n > 1 {
			return whole("the person has %d coordinators", n)
		}
		return nil
	})
}

// ProviderNamed wants each service to name who delivers it: coordination does
// not take its place.
type ProviderNamed struct{}

func (*ProviderNamed) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, s := range p.Services {
			if s.Agency == "" {
				out = append(out, gap{s.ID, fmt.Sprintf("service %s names no provider who answers for delivering it", s.ID)})
			}
		}
		return out
	})
}

// Setting wants the coordinating organisation to be one of these.
type Setting struct {
	Items []string
}

func (s *Setting) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		switch {
		case slices.Contains(s.Items, p.Setting):
			return nil
		case p.Setting == "":
			return whole("the kind of organisation that coordinates is not stated")
		}
		return whole("%s coordinates; it must be one of %s", word(p.Setting), words(s.Items))
	})
}

// Join wants the coordinator to take part in the planning of others, where there
// is any for the child.
type Join struct {
	Items []string
}

func (j *Join) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, o := range p.Related {
			if slices.Contains(j.Items, o.Code) && !o.Joined {
				out = append(out, gap{o.Code, fmt.Sprintf("the child has a %s, and the coordinator does not take part in it", word(o.Code))})
			}
		}
		return out
	})
}

// Report wants what waiting lists and plans say to be enough to report it.
type Report struct {
	Items []string // waiting_list_by_service, unmet_needs
}

func (p *Report) judge(r *Rule, f *Facts, _ Day) []breach {
	var out []breach
	if slices.Contains(p.Items, "waiting_list_by_service") {
		out = each(r, f.Waits, func(w *Wait) []gap {
			var out []gap
			if w.Service == "" {
				out = append(out, gap{"service", "the place on the waiting list names no service"})
			}
			if w.Since == 0 {
				out = append(out, gap{"since", "the place on the waiting list has no date"})
			}
			return out
		})
	}
	if slices.Contains(p.Items, "unmet_needs") {
		out = append(out, each(r, f.Plans, unmet)...)
	}
	return out
}

func unmet(p *Plan) []gap {
	var out []gap
	for _, n := range p.Needs {
		if !n.Service && !n.Waiting {
			out = append(out, gap{n.ID, fmt.Sprintf("need %s has no service and stands on no waiting list", n.ID)})
		}
	}
	return out
}

// ReferralFollowed wants every open referral to have a next step that is not
// overdue, and every closed one its outcome.
type ReferralFollowed struct{}

func (*ReferralFollowed) judge(r *Rule, f *Facts, asOf Day) []breach {
	return each(r, f.Referrals, func(q *Referral) []gap {
		switch {
		case q.Open && q.Due == 0:
			return whole("the referral is open and has no next step with a date")
		case q.Open && q.Due < asOf:
			return whole("the next step of the referral was due on %s", q.Due)
		case !q.Open && q.Outcome == "":
			return whole("the referral is closed and its outcome is not stated")
		}
		return nil
	})
}
