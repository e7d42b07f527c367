package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// SmallCell is the size below which a share would tell about single persons: CMS
// shows no cell of 1 to 10 (CMS cell size suppression policy).
const SmallCell = 11

// Report words what was counted.
func (p *PriorAuthCount) Report(asOf string) *PriorAuth {
	return &PriorAuth{Year: p.year, Payer: p.payer, AsOf: asOf, Services: slices.Sorted(maps.Keys(p.services)), Notes: priorAuthNotes,
		Public: p.public(), Metrics: p.metrics(), Appeals: p.appeals()}
}

// public are the figures of 42 CFR 438.210(f)(2) to (9), in the rule's order; (1)
// is the list of services. What is a percentage of what is as in CMS's own form
// (Managed Care Program Annual Report, D1.XIII): standard figures of all standard
// requests, expedited ones of all expedited requests, extensions of both.
func (p *PriorAuthCount) public() []Figure {
	s, e := &p.standard, &p.expedited
	out := []Figure{
		cited("(f)(2)", share("standard_approved", "Standard requests that were approved", s.approved, s.decided)),
		cited("(f)(3)", share("standard_denied", "Standard requests that were denied", s.denied, s.decided)),
		cited("(f)(4)", share("standard_appeal_approved", "Standard requests that were approved after appeal", s.afterAppeal, s.decided)),
		cited("(f)(5)", share("extended_approved", "Requests for which the time for review was extended, and the request was approved", s.extended+e.extended, s.decided+e.decided)),
		cited("(f)(6)", share("expedited_approved", "Expedited requests that were approved", e.approved, e.decided)),
		cited("(f)(7)", share("expedited_denied", "Expedited requests that were denied", e.denied, e.decided)),
	}
	for _, f := range times("standard", "Time from submission to determination, standard", days, s.minutes) {
		out = append(out, cited("(f)(8)", f))
	}
	for _, f := range times("expedited", "Time from submission to decision, expedited", hours, e.minutes) {
		out = append(out, cited("(f)(9)", f))
	}
	return append(out,
		count("standard_requests", "Standard requests decided", s.decided), count("expedited_requests", "Expedited requests decided", e.decided),
		share("standard_partly", "Standard requests approved in part: neither approved nor denied above", s.partly, s.decided),
		share("expedited_partly", "Expedited requests approved in part", e.partly, e.decided),
		share("expedited_appeal_approved", "Expedited requests that were approved after appeal", e.afterAppeal, e.decided))
}

// metrics are the ten of the guide (http://hl7.org/fhir/us/davinci-pas/metrics.html);
// the eighth, by payer and over time, is that there is one report for each payer
// and year.
func (p *PriorAuthCount) metrics() []Figure {
	sent := p.submissions + p.updates + p.cancels
	out := []Figure{
		cited("1", count("submissions", "Requests submitted", p.submissions)), cited("1", count("items", "Line items submitted", p.items)),
		cited("2", count("updates", "Updates", p.updates)), cited("2", count("cancels", "Cancellations", p.cancels)), cited("2", count("queries", "Queries that were answered", p.queries)),
		cited("3", count("queries_others", "Queries by other than the requesting provider", p.foreign)),
	}
	var failed int64
	for _, code := range slices.Sorted(maps.Keys(p.errors)) {
		failed += p.errors[code]
		out = append(out, cited("4", share("error_"+code, "Submissions returning error "+code, p.errors[code], sent)))
	}
	if failed == 0 {
		out = append(out, cited("4", share("errors", "Submissions returning an error", 0, sent)))
	}
	out = append(out, cited("5", share("final_any", "Submissions with a final result on the first answer, any item", p.anyFinal, p.answered)),
		cited("5", share("final_first", "Submissions with a final result on the first answer, all items", p.allFinal, p.answered)),
		cited("6", count("pends", "Line items that were pended first", p.pends)), cited("6", count("pends_resolved", "Pends that were resolved", p.resolved)))
	for _, list := range []struct {
		cite string
		of   []Figure
	}{{"6", times("pend", "Time to resolve a pend", hours, p.pended)}, {"7", times("total", "Time from first submission to the final result of all items", hours, p.total)},
		{"9", []Figure{count("outstanding", "Requests that wait for a decision", int64(len(p.waiting)))}}, {"10", times("age", "Age of what waits", days, p.waiting)}} {
		for _, f := range list.of {
			out = append(out, cited(list.cite, f))
		}
	}
	return out
}

func (p *PriorAuthCount) appeals() []Figure {
	return []Figure{count("appeals", "Appeals and hearings filed", p.filed), count("hearings", "of them fair hearings", p.hearings),
		share("appeals_overturned", "Decisions reversed", p.overturned, p.filed), share("appeals_partly", "Decisions reversed in part", p.partly, p.filed),
		share("appeals_upheld", "Decisions upheld", p.upheld, p.filed), share("appeals_dropped", "Withdrawn or dismissed", p.dropped, p.filed),
		share("appeals_late", "Not resolved in time", p.late, p.filed), share("appeals_continued", "With benefits that continued meanwhile", p.kept, p.filed)}
}

// priorAuthNotes say how the report counts.
var priorAuthNotes = []string{
	"A request is counted in the year in which the last of its items was first decided, on the payer's calendar. Each update that asks for something is a request of its own. Withdrawn requests are not counted.",
	"Approved: every item as asked. Denied: every item. In part: something was cut, or some items were denied; the rule has no figure for it, it is shown below its figures and stands in their denominators.",
	"Percentages are of all standard requests decided, of all expedited requests decided, and for extensions of both, as CMS's Managed Care Program Annual Report asks (D1.XIII).",
	"Approved after appeal: a request that was first denied, or approved in part, and whose denial was reversed as a whole: by an appeal to the plan, a fair hearing or an external review on record, or by a PAS submission of certification type 1 or 2. Such submissions are no requests of their own here.",
	"Times run from the payer's receipt to its decision: days for standard, hours for expedited requests.",
	"Appeals are counted in the year in which they were filed, with their outcome so far; those about authorizations that were not asked for here are not among them.",
	fmt.Sprintf("A share or time of 1 to %d requests is not shown (suppressed), so that it tells about nobody.", SmallCell-1),
	"Services are those that authorization was asked for; the list of all that require it (438.210(f)(1)) is the payer's to publish. Queries are those that showed a request, from the audit trail. What waits and how old it is, is as of the day of the report.",
}

func cited(cite string, f Figure) Figure {
	f.Cite = cite
	return f
}

// share is a percentage with one decimal, rounded half up.
func share(key, words string, part, whole int64) Figure {
	f := Figure{Key: key, Words: words, Unit: "%"}
	switch {
	case whole == 0:
	case whole < SmallCell:
		f.Suppressed = true
	default:
		f.Value = tenths((part*2000 + whole) / (2 * whole))
	}
	return f
}

// count is a number of requests; a small one is not shown.
func count(key, words string, n int64) Figure {
	f := Figure{Key: key, Words: words, Unit: "", Suppressed: n > 0 && n < SmallCell}
	if !f.Suppressed {
		f.Value = strconv.FormatInt(n, 10)
	}
	return f
}

// unit is a unit of time, in minutes.
type unit struct {
	name    string
	minutes int64
}

var (
	hours = unit{"hours", 60}
	days  = unit{"days", 24 * 60}
)

// times are the mean and the median with one decimal, rounded half up.
func times(key, words string, u unit, minutes []int64) []Figure {
	mean, median := Figure{Key: key + "_mean", Words: words + ", mean", Unit: u.name}, Figure{Key: key + "_median", Words: words + ", median", Unit: u.name}
	n := int64(len(minutes))
	switch {
	case n == 0:
	case n < SmallCell:
		mean.Suppressed, median.Suppressed = true, true
	default:
		slices.Sort(minutes)
		total := sum(minutes)
		middle := minutes[(n-1)/2] + minutes[n/2] // twice the median
		mean.Value, median.Value = tenths((20*total+u.minutes*n)/(2*u.minutes*n)), tenths((10*middle+u.minutes)/(2*u.minutes))
	}
	return []Figure{mean, median}
}

// tenths is a number of tenths as a decimal.
func tenths(n int64) string {
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10)
}
