package record

// fill sets a field that was left empty to what empty means.
func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// Fill sets what an absent frequency and source mean (ledger.md).
func (s *Service) Fill() {
	fill(&s.Frequency, "1")
	fill(&s.Source, "claim")
}

// Fill has nothing to add.
func (*Enrollment) Fill() {}

// Fill sets the priority, and the review action that says the same as the status.
func (a *Authorization) Fill() {
	fill(&a.Priority, "standard")
	for i := range a.Items {
		fill(&a.Items[i].Action, actions[a.Items[i].Status][0])
	}
}

// actions are the X12 306 codes that may stand beside a status word; the first
// is the usual one (standards.md 3.2).
var actions = map[string][]string{
	"":          {""},
	"approved":  {"A1", "NA"},
	"partial":   {"A6", "A2"},
	"pended":    {"A4", "CT"},
	"denied":    {"A3"},
	"cancelled": {"C"},
}

// StatusOf is the status word of an X12 306 code; pended when it is unknown.
func StatusOf(action string) string {
	for status, codes := range actions {
		for _, code := range codes {
			if code == action && code != "" {
				return status
			}
		}
	}
	return "pended"
}

// Fill sets what absent states of needs, goals and the crisis plan mean.
func (p *CarePlan) Fill() {
	for i := range p.Needs {
		fill(&p.Needs[i].Status, "active")
	}
	for i := range p.Goals {
		fill(&p.Goals[i].Status, "active")
	}
	for i := range p.Services {
		if p.Services[i].Per == "period" {
			p.Services[i].Per = "" // a plain quantity
		}
	}
	if p.Crisis != nil {
		fill(&p.Crisis.Status, p.Status)
		fill(&p.Crisis.Title, "Crisis and safety plan")
	}
}
