package gateway

import (
	"slices"
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
)

// DenialBasis is the system of the codes on what a denial or a cut rests
// (mappings/codes, table denial_basis).
const DenialBasis = "http://throughline.example/fhir/CodeSystem/denial-basis"

// CapBasis says that the service is beyond what the benefit or its cap allows.
const CapBasis = "benefit-limit"

// adult is the age that ends EPSDT (42 CFR 441.50: "under the age of 21").
const adult = 21

// Youth says whether an item is asked under EPSDT: the request marks it so, or
// the child is under 21 when the service starts. Where neither the mark nor the
// birth date is known, it is not.
func (a *Authorization) Youth(i *AuthItem) bool {
	if i.EPSDT {
		return true
	}
	born, err := time.Parse(time.DateOnly, a.Born)
	if err != nil {
		return false
	}
	on := a.Created
	if start, err := time.Parse(time.DateOnly, i.Asked.Start); err == nil {
		on = start
	}
	return on.Before(born.AddDate(adult, 0, 0))
}

// Cuts says whether an action gives less than was asked.
func Cuts(action string) bool {
	return action == NotCertified || action == Modified || action == CertifiedIn
}

// capAlone says whether an answer denies or cuts, and rests on a cap and nothing
// else.
func (a *ItemAnswer) capAlone() bool {
	found := false
	for _, r := range a.Reasons {
		if r.System != DenialBasis {
			continue
		}
		if found = true; r.Code != CapBasis {
			return false
		}
	}
	return found && Cuts(a.Action)
}

// capDenials refuses denials to youths for the sake of a cap alone: a service
// that is necessary is covered whatever the limit (42 USC 1396d(r)(5)). What a
// child of this age cannot be denied for, no wire may say.
func (a *Authorization) capDenials(d *Decision) (issues fhir.Issues) {
	for i := range a.Items {
		item := &a.Items[i]
		answer := d.Whole
		if n := slices.IndexFunc(d.Items, func(x DecidedItem) bool { return x.Sequence == item.Sequence }); n >= 0 {
			answer = &d.Items[n].ItemAnswer
		}
		if answer == nil || !answer.capAlone() || !a.Youth(item) {
			continue
		}
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: "items[" + strconv.Itoa(item.Sequence) + "].basis",
			Found:   "a denial or cut of a service for a person under 21 that rests on a benefit limit alone",
			Allowed: "an individual finding beside it, such as not-necessary or other-service: EPSDT covers what is necessary beyond any limit (42 USC 1396d(r)(5))",
			Fix:     "review whether the service is necessary for this child, and state what was found; or certify it"})
	}
	return issues
}

func decidedMeanwhile(version int64) error {
	return Faultf("decide", Conflict, fhir.Issue{Code: "conflict", Path: "version", Found: "a request that has changed since you looked at it",
		Allowed: "its current version, " + strconv.FormatInt(version, 10), Fix: "look at it again: somebody has decided or it was revised; nothing of yours was stored"})
}
