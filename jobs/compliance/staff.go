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

// staffer is somebody at work, with all the ids that a team may name the person by.
type staffer struct {
	sent[record.Staff]
	names []string
}

// readStaff joins staff as records and as the directory say it. An employment that is
// not active is none.
func readStaff(records []gateway.StoredRecord, resources []*node) ([]staffer, error) {
	active := slices.DeleteFunc(resources, func(n *node) bool { return n.resource.Get("active").Text() == "false" })
	read := readWritten(active)
	all, err := latest(records, read)
	names := map[string][]string{}
	for i := range read {
		names[key(read[i].partner, read[i].record.ID())] = read[i].names
	}
	var out []staffer
	for _, r := range all {
		if s, ok := r.record.(*record.Staff); ok {
			out = append(out, staffer{sent[record.Staff]{r.partner, *s}, append([]string{s.StaffID, s.NPI}, names[key(r.partner, s.StaffID)]...)})
		}
	}
	return out, err
}

// works says whether somebody works in a program on the day: the program is named, or
// none is, and a child of the program is coordinated by the person.
func (l *load) works(s *staffer, id string, asOf program.Day) bool {
	if !s.atWork(asOf) || len(s.record.Programs) > 0 {
		return s.atWork(asOf) && slices.Contains(s.record.Programs, id)
	}
	return slices.ContainsFunc(s.names, func(name string) bool { return name != "" && l.children[key(s.partner, name)] > 0 })
}

func (s *staffer) atWork(asOf program.Day) bool {
	return day(s.record.Start) <= asOf && (s.record.End == "" || asOf <= day(s.record.End))
}

// facts are the workers of a program with their caseloads.
func (l *load) facts(id string, staff []staffer, asOf program.Day) *program.Facts {
	f := &program.Facts{Program: id}
	full, under, weighs := map[string]int{}, map[string]int{}, map[string][]string{}
	for i := range staff {
		s := &staff[i]
		r := &s.record
		if !l.works(s, id, asOf) {
			continue
		}
		f.Staff = append(f.Staff, worker(&s.sent))
		f.Reviews = append(f.Reviews, reviews(&s.sent)...)
		for _, name := range s.names {
			weighs[key(s.partner, name)] = codeWords(r.Circumstances)
			if r.FTE > 0 {
				full[key(s.partner, name)] = max(1, int(r.FTE-r.OtherDuties))
			}
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
