package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/throughline/throughline/gateway"
)

// smallCell is the size below which a share would tell about single persons: CMS
// shows no cell of 1 to 10 (CMS cell size suppression policy).
const smallCell = 11

// PriorAuth is the public yearly report of one payer (42 CFR 438.210(f)) with
// the metrics that Da Vinci PAS suggests: percentages and times, by the year in
// which requests were decided on the payer's calendar. It holds no ids.
type PriorAuth struct {
	Year     int      `json:"year"`
	Payer    string   `json:"payer"`
	AsOf     string   `json:"as_of"`
	Services []string `json:"services"` // that authorization was asked for
	Public   []Figure `json:"public"`
	Metrics  []Figure `json:"metrics"`
	Notes    []string `json:"notes"`
}

// Figure is one line of the report. Value is empty where there is nothing to
// count, or too little to show.
type Figure struct {
	Key        string `json:"key"`
	Words      string `json:"words"`
	Value      string `json:"value"`
	Unit       string `json:"unit"`
	Suppressed bool   `json:"suppressed,omitempty"`
}

// PriorAuthCount gathers a report from the requests to a payer.
type PriorAuthCount struct {
	year  int
	payer string
	zone  *time.Location

	services                                   map[string]bool
	standard, expedited                        speed
	submissions, updates, cancels, direct, all int64
	pended                                     []int64 // minutes from the first pend to the decision
	errors                                     map[string]int64
}

// speed counts the decisions of one of the two clocks.
type speed struct {
	decided, approved, partly, denied int64
	extended                          int64 // approved after the time was extended
	appeals, overturned               int64
	minutes                           []int64
}

// CountPriorAuth starts a report.
func CountPriorAuth(year int, payer string, zone *time.Location) *PriorAuthCount {
	return &PriorAuthCount{year: year, payer: payer, zone: zone, services: map[string]bool{}, errors: map[string]int64{}}
}

// Add counts one authorization with its clocks.
func (p *PriorAuthCount) Add(a *gateway.Authorization, clocks []gateway.Clock) {
	for n := range a.Revisions {
		p.submission(a, n+1)
	}
	for i := range clocks {
		if c := &clocks[i]; !c.Stop.IsZero() && c.Stop.In(p.zone).Year() == p.year {
			p.decision(a, c)
		}
	}
}

func (p *PriorAuthCount) submission(a *gateway.Authorization, revision int) {
	r := &a.Revisions[revision-1]
	if r.At.In(p.zone).Year() != p.year {
		return
	}
	switch {
	case revision == 1:
		p.submissions++
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

func (p *PriorAuthCount) decision(a *gateway.Authorization, c *gateway.Clock) {
	outcome := a.Outcome(c.Revision, c.Stop)
	if outcome == gateway.OutcomeUndecided {
		return
	}
	p.all++
	if first := a.FirstPended(c.Revision); first.IsZero() {
		p.direct++
	} else {
		p.pended = append(p.pended, int64(c.Stop.Sub(first)/time.Minute))
	}
	s := &p.standard
	if c.Expedited {
		s = &p.expedited
	}
	if a.Appeals(c.Revision) {
		s.appeals++
		if outcome != gateway.OutcomeDenied {
			s.overturned++
		}
		return // the figures of first decisions leave appeals out
	}
	s.count(outcome, c)
}

func (s *speed) count(outcome gateway.RevisionOutcome, c *gateway.Clock) {
	s.decided++
	s.minutes = append(s.minutes, int64(c.Stop.Sub(c.Start)/time.Minute))
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

// Report words what was counted.
func (p *PriorAuthCount) Report(asOf string) *PriorAuth {
	out := &PriorAuth{Year: p.year, Payer: p.payer, AsOf: asOf, Services: slices.Sorted(maps.Keys(p.services)), Notes: priorAuthNotes}
	both := []struct {
		key, words string
		s          *speed
	}{{"standard", "standard", &p.standard}, {"expedited", "expedited", &p.expedited}}
	for _, b := range both {
		s := b.s
		out.Public = append(out.Public,
			share(b.key+"_approved", "Requests approved, "+b.words, s.approved, s.decided),
			share(b.key+"_partly", "Requests approved in part, "+b.words, s.partly, s.decided),
			share(b.key+"_denied", "Requests denied, "+b.words, s.denied, s.decided),
			share(b.key+"_appeal_approved", "Appeals that led to an approval, "+b.words, s.overturned, s.appeals),
			share(b.key+"_extended_approved", "Requests approved after the time was extended, "+b.words, s.extended, s.decided))
		out.Public = append(out.Public, times(b.key, "Time to decide, "+b.words, s.minutes)...)
	}
	out.Metrics = []Figure{
		count("submissions", "Requests sent", p.submissions), count("updates", "Updates of requests", p.updates), count("cancels", "Withdrawals", p.cancels),
		share("final_first", "Requests answered finally without a pend", p.direct, p.all), count("pends", "Requests that were pended", int64(len(p.pended)))}
	out.Metrics = append(out.Metrics, times("pend", "Time from pend to decision", p.pended)...)
	for _, code := range slices.Sorted(maps.Keys(p.errors)) {
		out.Metrics = append(out.Metrics, share("error_"+code, "Submissions with error "+code, p.errors[code], p.submissions+p.updates+p.cancels))
	}
	return out
}

// priorAuthNotes say how the report counts.
var priorAuthNotes = []string{
	"A request is counted in the year in which the last of its items was first decided, on the payer's calendar. Each update that asks for something is a request of its own.",
	"Approved: every item as asked. In part: something was cut, or some items were denied. Withdrawn requests are not counted.",
	"Appeals are requests whose X12 certification type is 1 or 2; other figures leave them out. Appeals that came by another way are not known here.",
	"Times run from the payer's receipt to its decision.",
	fmt.Sprintf("A share or time of 1 to %d requests is not shown (suppressed), so that it tells about nobody.", smallCell-1),
	"Services are those that authorization was asked for, not the payer's whole list. Questions (Claim/$inquire) are in the audit trail and not counted here.",
}

// share is a percentage with one decimal, rounded half up.
func share(key, words string, part, whole int64) Figure {
	f := Figure{Key: key, Words: words, Unit: "%"}
	switch {
	case whole == 0:
	case whole < smallCell:
		f.Suppressed = true
	default:
		f.Value = tenths((part*2000 + whole) / (2 * whole))
	}
	return f
}

// count is a number of requests; a small one is not shown.
func count(key, words string, n int64) Figure {
	f := Figure{Key: key, Words: words, Unit: "requests", Suppressed: n > 0 && n < smallCell}
	if !f.Suppressed {
		f.Value = strconv.FormatInt(n, 10)
	}
	return f
}

// times are the mean and the median in hours with one decimal.
func times(key, words string, minutes []int64) []Figure {
	mean, median := Figure{Key: key + "_mean", Words: words + ", mean", Unit: "hours"}, Figure{Key: key + "_median", Words: words + ", median", Unit: "hours"}
	n := int64(len(minutes))
	switch {
	case n == 0:
	case n < smallCell:
		mean.Suppressed, median.Suppressed = true, true
	default:
		slices.Sort(minutes)
		total := sum(minutes)
		middle := minutes[(n-1)/2] + minutes[n/2] // twice the median
		mean.Value, median.Value = tenths((total/n+3)/6), tenths((middle+6)/12)
	}
	return []Figure{mean, median}
}

// tenths is a number of tenths as a decimal.
func tenths(n int64) string {
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10)
}
