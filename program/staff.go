package program

import "fmt"

// Ratio bounds how many children a coordinator, or coordinators a supervisor,
// may serve.
type Ratio struct {
	Per         string // "coordinator" or "supervisor"
	Low         int    // lower end of the band the source gives, 0 = none; serving fewer breaks nothing
	Limit       int    // the most; more breaks the rule
	PerFullTime bool   // the limit is for full time; part time counts in proportion
}

func (p *Ratio) judge(r *Rule, f *Facts, _ Day) []breach {
	if p.Per == "supervisor" {
		return p.supervisors(r, f)
	}
	var out []breach
	for _, c := range f.Coordinators {
		if r.Applies.to(c.Circumstances) && p.over(c) {
			out = append(out, breach{subject: c.ID, reason: p.reason(c)})
		}
	}
	return out
}

func (p *Ratio) supervisors(r *Rule, f *Facts) []breach {
	var out []breach
	for _, s := range f.Supervisors {
		if r.Applies.to(s.Circumstances) && s.Coordinators > p.Limit {
			out = append(out, breach{subject: s.ID, reason: fmt.Sprintf("supervises %d coordinators; the most is %d", s.Coordinators, p.Limit)})
		}
	}
	return out
}

// over compares children x 100 with limit x percent, so that no fraction is lost.
func (p *Ratio) over(c Coordinator) bool { return c.Children*100 > p.Limit*p.percent(c) }

func (p *Ratio) percent(c Coordinator) int {
	if !p.PerFullTime || c.FullTime == 0 {
		return 100
	}
	return c.FullTime
}

func (p *Ratio) reason(c Coordinator) string {
	if percent := p.percent(c); percent != 100 {
		return fmt.Sprintf("serves %d at %d%% of full time; the most for full time is %d", c.Children, percent, p.Limit)
	}
	if p.Low > 0 {
		return fmt.Sprintf("serves %d; the most is %d-%d", c.Children, p.Low, p.Limit)
	}
	return fmt.Sprintf("serves %d; the most is %d", c.Children, p.Limit)
}

// CoordinatorNamed wants a coordinator on every plan.
type CoordinatorNamed struct{}

func (*CoordinatorNamed) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		if p.Coordinator == "" {
			return []string{"no coordinator is responsible for the plan"}
		}
		return nil
	})
}

// Independence wants the coordinator's agency to deliver none of the services.
type Independence struct{}

func (*Independence) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		var out []string
		for _, s := range p.Services {
			if p.CoordinatorAgency != "" && s.Agency == p.CoordinatorAgency {
				out = append(out, fmt.Sprintf("service %s is delivered by the coordinator's own agency", s.ID))
			}
		}
		return out
	})
}
