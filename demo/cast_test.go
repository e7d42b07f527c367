package demo_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
)

// sink accepts everything and keeps it.
type sink struct {
	mu   sync.Mutex
	mail []gateway.Message
}

func (s *sink) Receive(_ context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = append(s.mail, *m)
	return &gateway.Receipt{Message: m, State: gateway.Accepted}, nil
}

// decoded is the record of a seeded message.
func decoded(t testing.TB, m *gateway.Message) record.Record {
	t.Helper()
	wire, name, _ := strings.Cut(string(m.Kind), "/")
	rec, issues := json.Decode(name, m.Body, nil)
	if wire == "csv" {
		rec, issues = csv.Decode(name, m.Body, 2, nil, nil)
	}
	if rec == nil || len(issues) > 0 {
		t.Fatalf("%s: %v\n%s", m.Kind, issues, m.Body)
	}
	return rec
}

// tally counts what a week has of each kind.
type tally struct {
	caseload map[string]int // ny-hcbs-waiver: children of a coordinator
	fate     map[string]int // of referrals
	programs map[string]int
	undecided, natural, crisis,
	plans, teams, requests int
}

// TestCast looks at a whole week: its partners are those of the demonstration,
// nobody is real, and there is something of everything to see.
func TestCast(t *testing.T) {
	cfg, problems := config.Demo(nil, nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	week, err := demo.Seed(t.Context(), s, demo.Options{Today: today})
	if err != nil {
		t.Fatal(err)
	}
	n := tally{caseload: map[string]int{}, fate: map[string]int{}, programs: map[string]int{}}
	for i := range s.mail {
		m := &s.mail[i]
		p := cfg.Partner(m.Partner)
		if p == nil || !p.MaySend(m.Kind) {
			t.Fatalf("%s may not send %s", m.Partner, m.Kind)
		}
		if strings.HasPrefix(string(m.Kind), "fhir/") {
			n.requests++ // its journey is TestDenialOfTheWeek
			continue
		}
		rec := decoded(t, m)
		if child := rec.About(); child != nil && !strings.HasPrefix(child.MemberID, "SYN") {
			t.Fatalf("a member that is not marked as synthetic in %s", m.Kind)
		}
		n.add(rec)
	}
	for _, e := range week.Examples {
		if p := cfg.Partner(e.Clinic); p == nil || p.Identifiers[0].Value != e.Provider || cfg.Partner(e.Payer) == nil {
			t.Errorf("%s is not as in config/demo.yaml", e)
		}
	}
	n.check(t, cfg)
}

func (n *tally) add(rec record.Record) {
	switch r := rec.(type) {
	case *record.Enrollment:
		n.programs[r.Program]++
		if r.Program == "ny-hcbs-waiver" && r.End == "" {
			n.caseload[r.Coordinator]++
		}
	case *record.Referral:
		n.fate[r.Status]++
		if r.Status == "requested" && r.Deadline.Day() < ledger.DayOf(today) {
			n.fate["overdue"]++
		}
		if r.WaitingPlace > 0 {
			n.fate["waitlisted"]++
		}
	case *record.CarePlan:
		n.plans++
		if len(r.Goals)*len(r.Strengths)*len(r.Needs)*len(r.Services) > 0 && r.Crisis != nil {
			n.crisis++
		}
		if len(r.Decisions) < 2 {
			n.undecided++
		}
	case *record.CareTeam:
		n.teams++
		for _, m := range r.Members {
			if m.Kind == "natural" {
				n.natural++
				break
			}
		}
	}
}

func (n *tally) check(t *testing.T, cfg *config.Config) {
	t.Helper()
	for _, p := range cfg.Packs {
		if n.programs[p.ID] < 50 {
			t.Errorf("%d enrollments in %s", n.programs[p.ID], p.ID)
		}
	}
	over := 0
	for _, children := range n.caseload {
		if children > 6 {
			over++
		}
	}
	if over != 1 || len(n.caseload) < 5 {
		t.Errorf("%d of %d coordinators over 6, want one", over, len(n.caseload))
	}
	for _, f := range []string{"overdue", "rejected", "waitlisted", "accepted", "in-progress", "completed", "cancelled"} {
		if n.fate[f] == 0 {
			t.Errorf("no referral is %s", f)
		}
	}
	if n.crisis != n.plans || n.natural != n.teams || n.undecided == 0 || n.undecided > n.plans/8 {
		t.Errorf("plans and teams are not what they should be: %+v", n)
	}
}
