package compliance

import (
	"maps"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// load counts whom each coordinator of a program serves, and remembers what was
// measured last in the program.
type load struct {
	children map[string]int // by key of the coordinator
	family   map[string]bool
	heavy    map[string][]program.Heavy // of the children, those who state a circumstance
	measured map[string]program.Day
}

func newLoad() *load {
	return &load{map[string]int{}, map[string]bool{}, map[string][]program.Heavy{}, map[string]program.Day{}}
}

// add counts the child once for each of its coordinators.
func (l *load) add(f *program.Facts) {
	for _, m := range f.Measures {
		l.measured[m.Code] = max(l.measured[m.Code], m.On)
	}
	seen := map[string]bool{}
	if len(f.Plans) == 0 {
		for _, e := range f.Enrollments {
			if e.Coordinator != "" && !seen[e.Coordinator] {
				seen[e.Coordinator] = true
				l.children[e.Coordinator]++
			}
		}
	}
	for _, p := range f.Plans {
		if p.Coordinator == "" || seen[p.Coordinator] {
			continue
		}
		seen[p.Coordinator] = true
		l.children[p.Coordinator]++
		if len(p.Circumstances) > 0 {
			l.heavy[p.Coordinator] = append(l.heavy[p.Coordinator], program.Heavy{Circumstances: p.Circumstances})
		}
		l.family[p.Coordinator] = l.family[p.Coordinator] || p.CoordinatorFamily
	}
}

func readStaff(records []gateway.StoredRecord, resources []written) ([]sent[record.Staff], error) {
	all, err := latest(records, resources)
	var out []sent[record.Staff]
	for _, r := range all {
		if s, ok := r.record.(*record.Staff); ok {
			out = append(out, sent[record.Staff]{r.partner, *s})
		}
	}
	return out, err
}

// facts are the workers of a program with their caseloads.
func (l *load) facts(id string, staff []sent[record.Staff], asOf program.Day) *program.Facts {
	f := &program.Facts{Program: id}
	full, under, weighs := map[string]int{}, map[string]int{}, map[string][]string{}
	for i := range staff {
		s := &staff[i]
		r := &s.record
		if !slices.Contains(r.Programs, id) || day(r.Start) > asOf || r.End != "" && day(r.End) < asOf {
			continue
		}
		f.Staff = append(f.Staff, worker(s))
		weighs[key(s.partner, r.StaffID)], weighs[key(s.partner, r.NPI)] = codeWords(r.Circumstances), codeWords(r.Circumstances)
		f.Reviews = append(f.Reviews, reviews(s)...)
		if r.FTE > 0 {
			share := max(1, int(r.FTE-r.OtherDuties))
			full[key(s.partner, r.StaffID)], full[key(s.partner, r.NPI)] = share, share
		}
		if r.SupervisorID != "" && r.Role == "care-coordinator" {
			under[key(s.partner, r.SupervisorID)]++
		}
	}
	for _, c := range slices.Sorted(maps.Keys(l.children)) {
		f.Coordinators = append(f.Coordinators, program.Coordinator{ID: c, Children: l.children[c], FullTime: full[c], Family: l.family[c], Circumstances: weighs[c], Heavy: l.heavy[c]})
	}
	for _, code := range slices.Sorted(maps.Keys(l.measured)) {
		f.Measures = append(f.Measures, program.Dated{Code: code, On: l.measured[code]})
	}
	for _, s := range slices.Sorted(maps.Keys(under)) {
		f.Supervisors = append(f.Supervisors, program.Supervisor{ID: s, Coordinators: under[s]})
	}
	return f
}

func worker(s *sent[record.Staff]) program.Staff {
	r := &s.record
	out := program.Staff{ID: key(s.partner, r.StaffID), Clearances: credentials(r.Clearances), Trainings: credentials(r.Trainings), Qualifications: credentials(r.Qualifications)}
	out.Roles = append([]string{word(r.Role)}, roles[r.Role]...)
	for _, t := range out.Trainings {
		if t.Code != "continuing_education" {
			out.Trainings = append(out.Trainings, program.Credential{Code: "trainings", Dated: t.Dated, Expires: t.Expires}) // any training is one
			break
		}
	}
	return out
}

func credentials(all []record.Credential) []program.Credential {
	var out []program.Credential
	for _, c := range all {
		codes := combined[word(c.Code)]
		if codes == nil {
			codes = []string{word(c.Code)}
		}
		for _, code := range codes {
			out = append(out, program.Credential{Code: code, Dated: day(c.Issued), Expires: day(c.Expires)})
		}
	}
	return out
}

func reviews(s *sent[record.Staff]) []program.CredentialRequest {
	var out []program.CredentialRequest
	for _, r := range s.record.Reviews {
		q := program.CredentialRequest{ID: key(s.partner, s.record.StaffID+"#"+string(r.RequestedOn)), AskedBy: word(r.RequestedBy)}
		if r.Consulted != "" {
			q.Consulted = []string{word(r.Consulted)}
		}
		if strings.TrimSpace(r.Circumstances) != "" {
			q.Circumstances = []string{"extenuating_circumstances"}
		}
		out = append(out, q)
	}
	return out
}
