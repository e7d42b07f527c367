package program

import (
	"fmt"
	"slices"
)

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
	return each(r, f.Coordinators, func(c *Coordinator) []gap {
		if !p.over(c) {
			return nil
		}
		return whole("%s", p.reason(c))
	})
}

func (p *Ratio) supervisors(r *Rule, f *Facts) []breach {
	return each(r, f.Supervisors, func(s *Supervisor) []gap {
		if s.Coordinators <= p.Limit {
			return nil
		}
		return whole("supervises %d coordinators; the most is %d", s.Coordinators, p.Limit)
	})
}

// over compares children x 100 with limit x percent, so that no fraction is lost.
func (p *Ratio) over(c *Coordinator) bool { return c.Children*100 > p.Limit*p.percent(c) }

func (p *Ratio) percent(c *Coordinator) int {
	if !p.PerFullTime || c.FullTime == 0 {
		return 100
	}
	return c.FullTime
}

func (p *Ratio) reason(c *Coordinator) string {
	if percent := p.percent(c); percent != 100 {
		return fmt.Sprintf("serves %d at %d%% of full time; the most for full time is %d", c.Children, percent, p.Limit)
	}
	if p.Low > 0 {
		return fmt.Sprintf("serves %d; the most is %d-%d", c.Children, p.Low, p.Limit)
	}
	return fmt.Sprintf("serves %d; the most is %d", c.Children, p.Limit)
}

// Weights bounds a caseload in which some children count for more. The sources
// give no weights: a site sets its own.
type Weights struct {
	Limit   int // the most, in children of weight 100
	Weights []Weight
}

// Weight is what a child in a circumstance counts for.
type Weight struct {
	When    string
	Percent int // 100 = one child
}

func (w *Weights) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Coordinators, func(c *Coordinator) []gap {
		load := w.load(c)
		if load <= w.Limit*100 {
			return nil
		}
		return whole("serves %d children who weigh as much as %d.%02d; the most is %d", c.Children, load/100, load%100, w.Limit)
	})
}

// load is the caseload in hundredths of a child: each child counts by the
// heaviest of its circumstances.
func (w *Weights) load(c *Coordinator) int {
	load := (c.Children - len(c.Heavy)) * 100
	for _, h := range c.Heavy {
		heaviest := 100
		for _, weight := range w.Weights {
			if slices.Contains(h.Circumstances, weight.When) {
				heaviest = max(heaviest, weight.Percent)
			}
		}
		load += heaviest
	}
	return load
}

// CoordinatorNamed wants a coordinator on every plan, and for everybody who is
// enrolled and has no plan.
type CoordinatorNamed struct{}

func (*CoordinatorNamed) judge(r *Rule, f *Facts, _ Day) []breach {
	planned := map[string]bool{}
	for _, p := range f.Plans {
		planned[p.Person] = true
	}
	out := each(r, f.Enrollments, func(e *Enrollment) []gap {
		if e.Coordinator == "" && !planned[e.Person] {
			return whole("the person is enrolled, and no coordinator is responsible")
		}
		return nil
	})
	return append(out, each(r, f.Plans, func(p *Plan) []gap {
		if p.Coordinator == "" {
			return whole("no coordinator is responsible for the plan")
		}
		return nil
	})...)
}

// Independence wants the coordinator's agency to deliver none of the services.
type Independence struct{}

func (*Independence) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, s := range p.Services {
			if p.CoordinatorAgency != "" && s.Agency == p.CoordinatorAgency {
				out = append(out, gap{s.ID, fmt.Sprintf("service %s is delivered by the coordinator's own agency", s.ID)})
			}
		}
		return out
	})
}
