package search

import (
	"strings"

	"github.com/throughline/throughline/fhir"
)

// Period is the time a resource is about, inclusive, in Unix microseconds: its
// period, or when it happened or was planned, or else when it was written. Open
// ends, and a resource with no time at all, give MinTime and MaxTime.
func Period(r *fhir.Resource) (lo, hi int64) {
	if own, ok := periods[r.Type]; ok {
		if covered, ok := firstOf(r, own); ok {
			return covered.lo, lasting(r, covered.hi)
		}
	}
	if timeless[r.Type] {
		return MinTime, MaxTime
	}
	if covered, ok := firstOf(r, moments); ok {
		return covered.lo, covered.hi
	}
	return MinTime, MaxTime
}

// firstOf takes the first source that has a value. The paths of one source,
// parted by |, are taken together.
func firstOf(r *fhir.Resource, sources []string) (span, bool) {
	for _, source := range sources {
		covered := newSpan()
		for path := range strings.SplitSeq(source, "|") {
			covered.collect(r.Root(), path)
		}
		if covered.any {
			return covered, true
		}
	}
	return span{}, false
}

// lasting opens the end of what goes on until it is said to be over: a condition
// without abatement, an allergy, a goal without a due date.
func lasting(r *fhir.Resource, hi int64) int64 {
	over := false
	switch r.Type {
	case "Condition":
		over = r.Get("abatementDateTime") != nil || r.Get("abatementPeriod") != nil
	case "Goal":
		due := newSpan()
		due.collect(r.Root(), "target.dueDate")
		over = due.any
	case "AllergyIntolerance":
	default:
		return hi
	}
	if over {
		return hi
	}
	return MaxTime
}

// periods are where types keep their time when the common places below are not
// it; each is tried in turn.
var periods = map[string][]string{
	"AllergyIntolerance":          {"onsetDateTime|onsetPeriod"},
	"Appointment":                 {"start|end", "requestedPeriod"},
	"CarePlan":                    {"period"},
	"Claim":                       {"item.servicedDate|item.servicedPeriod|billablePeriod"},
	"ClaimResponse":               {"preAuthPeriod|addItem.servicedDate|addItem.servicedPeriod"},
	"Condition":                   {"onsetDateTime|onsetPeriod|abatementDateTime|abatementPeriod"},
	"Consent":                     {"provision.period"},
	"Contract":                    {"applies"},
	"CoverageEligibilityResponse": {"servicedDate|servicedPeriod", "insurance.benefitPeriod"},
	"DocumentReference":           {"context.period"},
	"ExplanationOfBenefit":        {"item.servicedDate|item.servicedPeriod|billablePeriod"},
	"Goal":                        {"startDate|target.dueDate"},
	"Measure":                     {"effectivePeriod"},
	"Questionnaire":               {"effectivePeriod"},
	"RelatedPerson":               {"period"},
	"Slot":                        {"start|end"},
	"Task":                        {"executionPeriod", "restriction.period", "authoredOn|lastModified"},
}

// timeless are persons: their birth date is no clinical time.
var timeless = map[string]bool{"Patient": true, "Person": true, "RelatedPerson": true}

// moments are the places of the other types, the clinical time before the time of
// writing.
var moments = []string{
	"period", "effectiveDateTime|effectivePeriod|effectiveTiming|effectiveInstant",
	"occurrenceDateTime|occurrencePeriod|occurrenceTiming", "occurredDateTime|occurredPeriod",
	"performedDateTime|performedPeriod", "identifiedDateTime|identifiedPeriod", "servicedDate|servicedPeriod",
	"servicePeriod", "planningHorizon", "started", "whenHandedOver", "whenPrepared", "sent|received",
	"authored", "authoredOn", "recordedDate", "recorded", "dateTime", "dateWritten", "createdDateTime|createdPeriod",
	"created", "issued", "date", "timestamp",
}

// collect adds every value at a dotted path.
func (s *span) collect(n *fhir.Node, path string) {
	name, rest, deeper := strings.Cut(path, ".")
	for _, item := range n.Get(name).Items() {
		if deeper {
			s.collect(item, rest)
		} else {
			s.add(item)
		}
	}
}
