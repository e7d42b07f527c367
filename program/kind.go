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

// Kinds that Evaluate judges by staff, meetings and other events.
const (
	KindClearance         Kind = "clearance"          // workers are cleared, and it has not expired
	KindTraining          Kind = "training"           // workers are trained
	KindQualification     Kind = "qualification"      // workers are qualified
	KindCredentialReview  Kind = "credential_review"  // who may ask for a review of credentials, and when
	KindWeights           Kind = "weights"            // a caseload in which some children count for more
	KindMinutes           Kind = "minutes"            // minutes reach the team
	KindMeetingFrequency  Kind = "meeting_frequency"  // how often the team meets
	KindWorksWith         Kind = "works_with"         // contact with the treatment providers on the team
	KindSingleCoordinator Kind = "single_coordinator" // one coordinator for all plans of a person
	KindProviderNamed     Kind = "provider_named"     // each service names who delivers it
	KindSetting           Kind = "setting"            // which kind of organisation coordinates
	KindJoin              Kind = "join"               // the coordinator takes part in the planning of others
	KindReport            Kind = "report"             // waiting lists and unmet needs can be reported
	KindReferralFollowed  Kind = "referral_followed"  // referrals have a next step or an outcome
	KindMeasure           Kind = "measure"            // measures are collected
	KindMonitor           Kind = "monitor"            // the program watches something
	KindFlexibleFunds     Kind = "flexible_funds"     // budgets are kept, spends approved and for a need
	KindStayMeasured      Kind = "stay_measured"      // length of stay and return home can be counted
	KindStepDown          Kind = "step_down"          // who recommends the end of a stay
	KindCodedReason       Kind = "coded_reason"       // what does not qualify, and denials with a code
	KindDecisionCompared  Kind = "decision_compared"  // decided packets can be compared
	KindAppealCounted     Kind = "appeal_counted"     // appeals can be counted
	KindGatesNothing      Kind = "gates_nothing"      // a decision here refuses no other care
	KindExpr              Kind = "expr"               // what no other kind says, as an expression
)

// Kinds that are carried for people.
const (
	KindFamilyCoordinator Kind = "family_coordinator" // a family coordinates itself; exempts from other kinds
	KindContext           Kind = "context"            // a figure of the source that limits nothing
	KindActivity          Kind = "activity"
	KindServiceType       Kind = "service_type"
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
	KindClearance:         func() Params { return &Clearance{} },
	KindTraining:          func() Params { return &Training{} },
	KindQualification:     func() Params { return &Qualification{} },
	KindWeights:           func() Params { return &Weights{} },
	KindMinutes:           func() Params { return &Minutes{} },
	KindMeetingFrequency:  func() Params { return &MeetingFrequency{} },
	KindWorksWith:         func() Params { return &WorksWith{} },
	KindSingleCoordinator: func() Params { return &SingleCoordinator{} },
	KindProviderNamed:     func() Params { return &ProviderNamed{} },
	KindSetting:           func() Params { return &Setting{} },
	KindJoin:              func() Params { return &Join{} },
	KindReport:            func() Params { return &Report{} },
	KindReferralFollowed:  func() Params { return &ReferralFollowed{} },
	KindMeasure:           func() Params { return &Measure{} },
	KindMonitor:           func() Params { return &Monitor{} },
	KindFlexibleFunds:     func() Params { return &FlexibleFunds{} },
	KindStayMeasured:      func() Params { return &StayMeasured{} },
	KindStepDown:          func() Params { return &StepDown{} },
	KindCodedReason:       func() Params { return &CodedReason{} },
	KindDecisionCompared:  func() Params { return &DecisionCompared{} },
	KindAppealCounted:     func() Params { return &AppealCounted{} },
	KindGatesNothing:      func() Params { return &GatesNothing{} },
	KindExpr:              func() Params { return &Expr{} },
	KindActivity:          list,
	KindServiceType:       list,
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
