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

func stateOf(r *program.Rule) string {
	switch {
	case r.Unset != "":
		return "unset"
	case !r.Checked():
		return "permitted"
	}
	return "judged"
}
