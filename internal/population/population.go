package population

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// Config of a population. The same config gives the same bytes.
type Config struct {
	Seed          uint64
	Members       int       // children
	Lines         int       // service lines, about
	From, To      time.Time // dates of service; both dates inclusive
	Prefix        string    // put before every record id, so that two partners differ; may be empty
	Plans         io.Writer // gets plans of care and care teams, with what they and the other tables do not agree on; nil = none
	Advices       io.Writer // gets the payer's words on claims; nil = none
	Continuations io.Writer // gets authorizations that open appeals keep alive; nil = none
	Measured      bool      // some services are reported in units that only UnitTable converts, above its daily maximum too
}

// Default is a year of care for some children, with 35 lines each.
func Default(members int) Config {
	return Config{Seed: 1, Members: members, Lines: 35 * members,
		From: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)}
}

// Stats counts the rows written and the situations planted, by name.
type Stats struct {
	Enrollments, Authorizations, Lines int64
	Planted                            map[string]int64
}

// generator holds the child that is being made up.
type generator struct {
	cfg                                Config
	rand                               *rand.Rand
	enrollment, authorization, service *table
	plans, advices, continuations      *table
	planted                            map[string]int64
	from, to                           int // days since 1970

	member    string
	spans     []span
	auths     []authorization
	nextAuth  int
	nextLine  int
	neighbour string // a line of the child before
	before    string // the child before
	sent      []line // the child's lines, where the payer speaks of some
}

// Generate writes the three tables, child by child, in bounded memory.
func Generate(cfg Config, enrollment, authorization, service io.Writer) (Stats, error) {
	if cfg.Members <= 0 || cfg.To.Sub(cfg.From) < 60*24*time.Hour {
		return Stats{}, errors.New("population: want at least one member and sixty days")
	}
	g := &generator{cfg: cfg, planted: map[string]int64{}, from: int(cfg.From.Unix() / 86400), to: int(cfg.To.Unix() / 86400),
		enrollment: newTable(enrollment, EnrollmentHeader), authorization: newTable(authorization, AuthorizationHeader),
		service: newTable(service, ServiceHeader)}
	if cfg.Plans != nil {
		g.plans = newTable(cfg.Plans, PlanHeader)
	}
	if cfg.Advices != nil {
		g.advices = newTable(cfg.Advices, AdviceHeader)
	}
	if cfg.Continuations != nil {
		g.continuations = newTable(cfg.Continuations, ContinuationHeader)
	}
	for n := range cfg.Members {
		g.rand = rand.New(rand.NewPCG(cfg.Seed, uint64(n)))
		g.member = fmt.Sprintf("SYN%08d", n+1)
		g.child(n)
	}
	for _, t := range []*table{g.enrollment, g.authorization, g.service, g.plans, g.advices, g.continuations} {
		if t == nil {
			continue
		}
		if err := t.to.Flush(); err != nil {
			return Stats{}, fmt.Errorf("population: %w", err)
		}
	}
	return Stats{g.enrollment.rows, g.authorization.rows, g.service.rows, g.planted}, nil
}

// child makes up everything about one child.
func (g *generator) child(n int) {
	g.sent = g.sent[:0]
	g.enroll()
	g.authorize()
	g.serve(g.quota(n))
	if g.plans != nil {
		g.compare(n)
	}
	if g.cfg.Measured {
		g.measure(n)
	}
	if g.advices != nil {
		g.advise(n)
	}
	if g.continuations != nil {
		g.appeal(n)
	}
}

// quota spreads the lines: most children near the mean, a few very busy ones.
// Every busy child is paid for by the quiet ones, so the sum stays near.
func (g *generator) quota(n int) int {
	mean := float64(g.cfg.Lines) / float64(g.cfg.Members)
	factor := 0.4 + g.rand.Float64()
	if n%40 == 7 {
		factor *= 5
	}
	return int(mean*factor + 0.5)
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.rand.IntN(n) == 0 }

// first is the place of the first chance that comes true, -1 when none does.
func (g *generator) first(chances ...int) int { return slices.IndexFunc(chances, g.chance) }

// plant counts a situation.
func (g *generator) plant(name string) { g.planted[name]++ }

// within is a day from a to b, both inclusive.
func (g *generator) within(a, b int) int { return a + g.rand.IntN(max(b-a, 0)+1) }

// receivedAfter is an instant some days after a date, or sometimes not stated.
func (g *generator) receivedAfter(date, days int) int64 {
	if g.chance(12) {
		g.plant("received_at empty")
		return 0
	}
	return int64(date+g.rand.IntN(days+1))*86400 + int64(g.rand.IntN(86400))
}

func (g *generator) authID() string {
	g.nextAuth++
	return fmt.Sprintf("%sA%08d", g.cfg.Prefix, g.nextAuth)
}

func (g *generator) lineID() string {
	g.nextLine++
	return fmt.Sprintf("%sL%09d", g.cfg.Prefix, g.nextLine)
}

func (g *generator) claimID() string { return fmt.Sprintf("%sC%09d", g.cfg.Prefix, g.nextLine) }
