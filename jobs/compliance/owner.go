package compliance

import (
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// Who takes the next step.
const (
	coordinatorAgency = "coordinator agency"
	clinic            = "clinic"
	mco               = "MCO"
	state             = "state"
	operator          = "operator"
)

// owners says who takes the next step on a finding of a kind; what is not here
// is the coordinator's agency's.
var owners = map[string]string{
	string(program.KindMonitor):           operator,
	string(program.KindMeasure):           state,
	string(program.KindReport):            state,
	string(program.KindStepDown):          state,
	string(program.KindCodedReason):       state,
	string(program.KindDecisionCompared):  state,
	string(program.KindAppealCounted):     state,
	string(program.KindGatesNothing):      state,
	string(program.KindStayMeasured):      state,
	string(program.KindCredentialReview):  state,
	string(ledger.CountDiffers):           mco,
	string(ledger.PlannedNotAuthorized):   coordinatorAgency,
	string(ledger.AuthorizedNotDelivered): clinic,
	string(ledger.PlannedNotDelivered):    clinic,
	string(ledger.ServiceGap):             clinic,
}

func ownerOf(kind string) string {
	if o, ok := owners[kind]; ok {
		return o
	}
	return coordinatorAgency
}

// answered are the kinds of rules whose records the gateway takes. A rule of
// another kind is not judged: that nothing is on record says nothing then.
var answered = map[program.Kind]bool{
	program.KindRatio: true, program.KindWeights: true, program.KindCoordinatorNamed: true, program.KindIndependence: true, program.KindTeamRole: true,
	program.KindPlanSection: true, program.KindLifeDomains: true, program.KindCrisisPlan: true, program.KindDecisionRecorded: true, program.KindResponsibleMember: true,
	program.KindReview: true, program.KindClearance: true, program.KindTraining: true, program.KindQualification: true, program.KindCredentialReview: true,
	program.KindMinutes: true, program.KindMeetingFrequency: true, program.KindWorksWith: true, program.KindSingleCoordinator: true, program.KindProviderNamed: true,
	program.KindReport: true, program.KindReferralFollowed: true, program.KindMonitor: true, program.KindMeasure: true, program.KindFlexibleFunds: true,
}

func stateOf(r *program.Rule) string {
	switch {
	case r.Unset != "":
		return "unset"
	case !r.Checked():
		return "permitted"
	case !answered[r.Kind]:
		return "unanswered"
	}
	return "judged"
}

// answeredBy is the pack without the rules that no record can answer.
func answeredBy(p *program.Pack) *program.Pack {
	out := *p
	out.Rules = nil
	for i := range p.Rules {
		if r := p.Rules[i]; !r.Checked() || answered[r.Kind] {
			out.Rules = append(out.Rules, r)
		}
	}
	return &out
}
