package reports

import (
	"slices"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// PriorAuth is the public yearly report of one payer (42 CFR 438.210(f); 422.122(c)
// asks for the same) with the ten metrics that Da Vinci PAS suggests: percentages
// and times, by the year in which requests were decided on the payer's calendar. It
// holds no ids.
type PriorAuth struct {
	Year     int      `json:"year"`
	Payer    string   `json:"payer"`
	AsOf     string   `json:"as_of"`
	Services []string `json:"services"` // that authorization was asked for
	Public   []Figure `json:"public"`
	Metrics  []Figure `json:"metrics"`
	Appeals  []Figure `json:"appeals"`
	Notes    []string `json:"notes"`
}

// Figure is one line of the report. Value is empty where there is nothing to
// count, or too little to show.
type Figure struct {
	Key        string `json:"key"`
	Cite       string `json:"cite,omitempty"` // paragraph of the rule, or number of the metric
	Words      string `json:"words"`
	Value      string `json:"value"`
	Unit       string `json:"unit"`
	Suppressed bool   `json:"suppressed,omitempty"`
}

// AuthCase is one request with what is known about it.
type AuthCase struct {
	A         *gateway.Authorization
	Clocks    []gateway.Clock
	Filings   gateway.Filings
	Steps     []gateway.Notice
	Questions []Question
}

// Question is a Claim/$inquire that showed the request.
type Question struct {
	At   time.Time
	From gateway.PartnerID
}

// PriorAuthCount gathers a report from the requests to a payer.
type PriorAuthCount struct {
	year  int
	payer string
	zone  *time.Location
	now   time.Time

	services            map[string]bool
	standard, expedited speed

	submissions, items, updates, cancels, queries, foreign int64
	errors                                                 map[string]int64
	anyFinal, allFinal, answered                           int64   // of first submissions
	pends, resolved                                        int64   // items whose first answer was a pend
	pended, total                                          []int64 // minutes
	waiting                                                []int64 // minutes since asked, of what is not decided

	filed, overturned, partly, upheld, dropped, late, hearings, kept int64
}

// speed counts the decisions of one of the two clocks.
type speed struct {
	decided, approved, partly, denied int64
	extended                          int64 // approved after the time was extended
	afterAppeal                       int64 // denied or cut first, approved after appeal
	minutes                           []int64
}

// CountPriorAuth starts a report, as of now.
func CountPriorAuth(year int, payer string, zone *time.Location, now time.Time) *PriorAuthCount {
	return &PriorAuthCount{year: year, payer: payer, zone: zone, now: now, services: map[string]bool{}, errors: map[string]int64{}}
}

func (p *PriorAuthCount) in(t time.Time) bool { return !t.IsZero() && t.In(p.zone).Year() == p.year }

// Add counts one request.
func (p *PriorAuthCount) Add(c *AuthCase) {
	for n := range c.A.Revisions {
		p.submission(c.A, n+1)
	}
	for i := range c.Clocks {
		if p.in(c.Clocks[i].Stop) {
			p.decision(c, &c.Clocks[i])
		}
	}
	for _, q := range c.Questions {
		if p.in(q.At) {
			p.queries++
			if q.From != c.A.Requester && q.From != c.A.Payer {
				p.foreign++
			}
		}
	}
	for i := range c.Filings.Appeals {
		p.appeal(c, &c.Filings.Appeals[i])
	}
	p.outstanding(c)
}

func (p *PriorAuthCount) submission(a *gateway.Authorization, revision int) {
	r := &a.Revisions[revision-1]
	if !p.in(r.At) {
		return
	}
	switch {
	case revision == 1:
		p.submissions++
		p.first(a)
	case a.Withdraws(revision):
		p.cancels++
	default:
		p.updates++
	}
	for _, e := range r.Errors {
		p.errors[e.Code]++
	}
	for i := range a.Items {
		if item := &a.Items[i]; item.Revision == revision {
			p.services[item.Asked.Code.Code] = true
		}
	}
}

// first counts the items of a first submission, how they were answered first, and
// how long it took until all were decided.
func (p *PriorAuthCount) first(a *gateway.Authorization) {
	var final, pend, all int64
	var last time.Time
	open := false
	for i := range a.Items {
		item := &a.Items[i]
		first, decided := item.FirstAnswers(1)
		if first == nil {
			open = open || item.Revision == 1
			continue
		}
		all++
		if first.Decides() {
			final++
		} else {
			pend++
		}
		if decided == nil {
			open = true
			continue
		}
		if !first.Decides() {
			p.resolved++
			p.pended = append(p.pended, minutesOf(decided.At.Sub(first.At)))
		}
		if decided.At.After(last) {
			last = decided.At
		}
	}
	p.items += int64(len(a.Items))
	p.pends += pend
	if all > 0 {
		p.answered++
		p.anyFinal += min(final, 1)
	}
	if all > 0 && pend == 0 && !open {
		p.allFinal++
	}
	if !open && !last.IsZero() {
		p.total = append(p.total, minutesOf(last.Sub(a.Revisions[0].At)))
	}
}

func (p *PriorAuthCount) outstanding(c *AuthCase) {
	if c.A.State() == gateway.AuthWaiting {
		p.waiting = append(p.waiting, minutesOf(p.now.Sub(c.A.Latest().At)))
	}
}

func (p *PriorAuthCount) decision(c *AuthCase, clock *gateway.Clock) {
	outcome := c.A.Outcome(clock.Revision, clock.Stop)
	if outcome == gateway.OutcomeUndecided || c.A.Appeals(clock.Revision) {
		return // an appeal by PAS counts with the decision that it is about
	}
	s := &p.standard
	if clock.Expedited {
		s = &p.expedited
	}
	s.count(outcome, clock)
	if outcome != gateway.OutcomeApproved && p.reversed(c, clock) {
		s.afterAppeal++
	}
}

// reversed says whether what a submission was denied was approved after appeal: by
// the record of an appeal, or by a later submission of certification type 1 or 2.
func (p *PriorAuthCount) reversed(c *AuthCase, clock *gateway.Clock) bool {
	day := ledger.DayOf(clock.Stop.In(p.zone))
	return slices.ContainsFunc(c.Filings.Appeals, func(a gateway.Appeal) bool { return a.Outcome == gateway.Overturned && a.Determined >= day }) ||
		slices.ContainsFunc(c.Clocks, func(o gateway.Clock) bool {
			return o.Revision > clock.Revision && c.A.Appeals(o.Revision) && !o.Stop.IsZero() && c.A.Outcome(o.Revision, o.Stop) == gateway.OutcomeApproved
		})
}

func (s *speed) count(outcome gateway.RevisionOutcome, c *gateway.Clock) {
	s.decided++
	s.minutes = append(s.minutes, minutesOf(c.Stop.Sub(c.Start)))
	switch outcome {
	case gateway.OutcomeApproved:
		s.approved++
		if c.Extended > 0 {
			s.extended++
		}
	case gateway.OutcomePartly:
		s.partly++
	case gateway.OutcomeDenied:
		s.denied++
	}
}

// appeal counts an appeal in the year in which it was filed.
func (p *PriorAuthCount) appeal(c *AuthCase, a *gateway.Appeal) {
	if !p.in(a.Filed) {
		return
	}
	p.filed++
	if a.Level == gateway.FairHearing {
		p.hearings++
	}
	if a.Continued != nil && a.Continued.Status == "granted" {
		p.kept++
	}
	switch a.Outcome {
	case gateway.Overturned:
		p.overturned++
	case gateway.PartlyOverturned:
		p.partly++
	case gateway.Upheld:
		p.upheld++
	case gateway.AppealWithdrawn, gateway.AppealDismissed:
		p.dropped++
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if s.Appeal == a.ID && (s.Kind == gateway.ResolveAppeal || s.Kind == gateway.DecideHearing) && s.Flagged(p.now) {
			p.late++
		}
	}
}

func minutesOf(d time.Duration) int64 { return int64(d / time.Minute) }
