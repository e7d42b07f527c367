package program

import (
	"maps"
	"slices"
)

// Kind names what sort of rule it is, and so which parameters it takes.
type Kind string

// Kinds that Evaluate judges.
const (
	KindRatio             Kind = "ratio"              // how many one coordinator or supervisor serves
	KindCoordinatorNamed  Kind = "coordinator_named"  // a coordinator answers for the plan
	KindIndependence      Kind = "independence"       // coordinator apart from the agencies that deliver
	KindTeamRole          Kind = "team_role"          // who is on the team
	KindPlanSection       Kind = "plan_section"       // what the plan holds
	KindLifeDomains       Kind = "life_domains"       // strengths and needs in every relevant domain
	KindCrisisPlan        Kind = "crisis_plan"        // a crisis and safety plan
	KindDecisionRecorded  Kind = "decision_recorded"  // the final decision is on record
	KindResponsibleMember Kind = "responsible_member" // each service has one who answers for it
	KindReview            Kind = "review"             // the next review is set and not overdue
	KindSystemDocuments   Kind = "system_documents"   // documents of every involved system
	KindDocument          Kind = "document"           // one document of an application, its age and contents
	KindAgeLimit          Kind = "age_limit"          // submitted before an age
	KindCriterion         Kind = "criterion"          // a stated or attested condition
)

// Kinds that are carried for people and for later work.
const (
	KindFamilyCoordinator Kind = "family_coordinator" // a family coordinates itself; exempts from other kinds
	KindCredentialReview  Kind = "credential_review"
	KindClearance         Kind = "clearance"
	KindTraining          Kind = "training"
	KindQualification     Kind = "qualification"
	KindContext           Kind = "context" // a figure of the source that limits nothing
	KindWeights           Kind = "weights"
	KindMinutes           Kind = "minutes"
	KindMeetingFrequency  Kind = "meeting_frequency"
	KindActivity          Kind = "activity"
	KindSetting           Kind = "setting"
	KindServiceType       Kind = "service_type"
	KindMonitor           Kind = "monitor"
	KindMeasure           Kind = "measure"
	KindReport            Kind = "report"
	KindJoin              Kind = "join"
	KindCodedReason       Kind = "coded_reason"
	KindPractice          Kind = "practice"
)

// Params are the values of a rule, one type per kind.
type Params any

// kinds is every kind with a maker of its empty parameters.
var kinds = map[Kind]func() Params{
	KindRatio:             func() Params { return &Ratio{} },
	KindCoordinatorNamed:  func() Params { return &CoordinatorNamed{} },
	KindIndependence:      func() Params { return &Independence{} },
	KindTeamRole:          func() Params { return &TeamRole{} },
	KindPlanSection:       func() Params { return &PlanSection{} },
	KindLifeDomains:       func() Params { return &LifeDomains{} },
	KindCrisisPlan:        func() Params { return &CrisisPlan{} },
	KindDecisionRecorded:  func() Params { return &DecisionRecorded{} },
	KindResponsibleMember: func() Params { return &ResponsibleMember{} },
	KindReview:            func() Params { return &Review{} },
	KindSystemDocuments:   func() Params { return &SystemDocuments{} },
	KindDocument:          func() Params { return &Document{} },
	KindAgeLimit:          func() Params { return &AgeLimit{} },
	KindCriterion:         func() Params { return &Criterion{} },
	KindFamilyCoordinator: func() Params { return &FamilyCoordinator{} },
	KindCredentialReview:  func() Params { return &CredentialReview{} },
	KindContext:           func() Params { return &Context{} },
	KindClearance:         list,
	KindTraining:          list,
	KindQualification:     list,
	KindWeights:           list,
	KindMinutes:           list,
	KindMeetingFrequency:  list,
	KindActivity:          list,
	KindSetting:           list,
	KindServiceType:       list,
	KindMonitor:           list,
	KindMeasure:           list,
	KindReport:            list,
	KindJoin:              list,
	KindCodedReason:       list,
	KindPractice:          list,
}

func list() Params { return &List{} }

// NewParams makes the empty parameters of a kind, nil for an unknown kind.
func NewParams(k Kind) Params {
	if make, ok := kinds[k]; ok {
		return make()
	}
	return nil
}

// Kinds lists every kind, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// List is the parameter of kinds that only name things.
type List struct {
	Items []string
}

// Context is a range the source mentions without making it a limit.
type Context struct {
	Low, High int
}

// FamilyCoordinator frees a family that coordinates for itself from rules of
// other kinds.
type FamilyCoordinator struct {
	Exempt []Kind
}

// CredentialReview says who may ask for a review of credentials, and when.
type CredentialReview struct {
	AskedBy  string
	Consults string
	OnlyWhen string
}
