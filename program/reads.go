package program

// reads names the records that answer for each judged kind of rule.
var reads = map[Kind]string{
	KindRatio:             "staff, care plans in force",
	KindWeights:           "staff, care plans in force, level of care",
	KindCoordinatorNamed:  "care plan, care team, enrollment",
	KindIndependence:      "care plan, care team",
	KindTeamRole:          "care team",
	KindPlanSection:       "care plan",
	KindLifeDomains:       "care plan",
	KindCrisisPlan:        "care plan, crisis plan",
	KindDecisionRecorded:  "care plan",
	KindResponsibleMember: "care plan",
	KindReview:            "care plan",
	KindSystemDocuments:   "care plan, linked plans",
	KindDocument:          "application packet",
	KindAgeLimit:          "application packet",
	KindCriterion:         "application packet",
	KindClearance:         "staff",
	KindTraining:          "staff",
	KindQualification:     "staff",
	KindCredentialReview:  "staff",
	KindMinutes:           "meeting, care team, Consent",
	KindMeetingFrequency:  "meeting",
	KindWorksWith:         "meeting, contact, care team",
	KindSingleCoordinator: "care plan, care team",
	KindProviderNamed:     "care plan",
	KindSetting:           "care team",
	KindJoin:              "linked plans, meeting",
	KindReport:            "waiting list, referral, care plan",
	KindReferralFollowed:  "referral",
	KindMeasure:           "assessment",
	KindMonitor:           "the published nightly run",
	KindFlexibleFunds:     "flexible fund",
	KindStayMeasured:      "placement",
	KindStepDown:          "placement",
	KindCodedReason:       "application packet",
	KindDecisionCompared:  "application packet",
	KindAppealCounted:     "application packet, appeal, authorization, adverse notice",
	KindGatesNothing:      "referral",
	KindExpr:              "the records it names",
}

// Reads names the records that answer for a kind of rule; empty for kinds that
// nothing judges.
func (k Kind) Reads() string { return reads[k] }
