package codes

import "sync"

// tables lists every table by its name. The order of the codes is the order in
// which issues and documents show them.
var tables = sync.OnceValue(func() map[string]*Table {
	named := map[string]*Table{}
	for _, group := range [][]Table{planTables, teamTables, moneyTables, careTables, recordTables, programTables, appealTables} {
		for i := range group {
			named[group[i].Name] = &group[i]
		}
	}
	return named
})

// planTables serve care plans (standards.md 1.1).
var planTables = []Table{
	{Name: "plan_status", System: "http://hl7.org/fhir/request-status", Source: "http://hl7.org/fhir/R4/valueset-request-status.html", Codes: []Code{
		{Code: "draft", Display: "being written"}, {Code: "active", Display: "in force"}, {Code: "on-hold", Display: "paused", Also: []string{"on_hold", "on hold", "onhold"}},
		{Code: "revoked", Display: "withdrawn"}, {Code: "completed", Display: "done"}, {Code: "entered-in-error", Display: "never should have been", Also: []string{"entered_in_error", "error"}}, {Code: "unknown", Display: "not known"}}},
	{Name: "goal_status", System: "http://hl7.org/fhir/goal-status", Source: "http://hl7.org/fhir/R4/valueset-goal-status.html", Codes: []Code{
		{Code: "proposed"}, {Code: "planned"}, {Code: "accepted"}, {Code: "active"}, {Code: "on-hold", Also: []string{"on_hold", "on hold"}},
		{Code: "completed"}, {Code: "cancelled", Also: []string{"canceled"}}, {Code: "entered-in-error", Also: []string{"error"}}, {Code: "rejected"}}},
	{Name: "progress", System: "http://terminology.hl7.org/CodeSystem/goal-achievement", Source: "http://hl7.org/fhir/R4/valueset-goal-achievement.html", Codes: []Code{
		{Code: "in-progress", Also: []string{"in_progress"}}, {Code: "improving"}, {Code: "worsening"}, {Code: "no-change", Also: []string{"no_change"}}, {Code: "achieved"},
		{Code: "sustaining"}, {Code: "not-achieved", Also: []string{"not_achieved"}}, {Code: "no-progress", Also: []string{"no_progress"}}, {Code: "not-attainable", Also: []string{"not_attainable"}}}},
	{Name: "need_status", System: "http://terminology.hl7.org/CodeSystem/condition-clinical", Source: "http://hl7.org/fhir/R4/valueset-condition-clinical.html", Codes: []Code{
		{Code: "active"}, {Code: "recurrence"}, {Code: "relapse"}, {Code: "inactive"}, {Code: "remission"}, {Code: "resolved", Also: []string{"met"}}}},
	{Name: "life_domain", System: Local + "life-domain", Source: "own: the wraparound roles (seed 002, 4) ask for all relevant life domains and list none", Codes: []Code{
		{Code: "family", Display: "Family and relationships"}, {Code: "residence", Display: "A place to live", Also: []string{"housing"}}, {Code: "school", Display: "School and learning", Also: []string{"education"}},
		{Code: "work", Display: "Work and vocation"}, {Code: "social", Display: "Friends and social life"}, {Code: "fun", Display: "Play, sport, recreation", Also: []string{"recreation"}},
		{Code: "emotional", Display: "Emotional and behavioral health", Also: []string{"behavioral", "psychological"}}, {Code: "health", Display: "Physical health", Also: []string{"medical"}},
		{Code: "safety", Display: "Safety and crisis"}, {Code: "legal", Display: "Legal and justice"}, {Code: "culture", Display: "Culture and spirituality", Also: []string{"spiritual"}},
		{Code: "daily-living", Display: "Daily living and independence", Also: []string{"daily_living", "independence"}}, {Code: "money", Display: "Money and benefits", Also: []string{"financial"}}, {Code: "other", Display: "Other"}}},
	{Name: "per", System: "http://unitsofmeasure.org", Source: "UCUM; eLTSS ServiceRequest.quantityRatio", Codes: []Code{
		{Code: "day", Display: "each day", FHIR: "d"}, {Code: "week", Display: "each week", FHIR: "wk"}, {Code: "month", Display: "each month", FHIR: "mo"}, {Code: "year", Display: "each year", FHIR: "a"},
		{Code: "period", Display: "in the whole period", FHIR: "1"}}},
	{Name: "decision", System: Local + "plan-decision", Source: "own; seed 001: the person or family holds the final decision", Codes: []Code{
		{Code: "agreed", Also: []string{"approved", "yes"}}, {Code: "agreed-in-part", Also: []string{"agreed_in_part", "partly"}}, {Code: "not-agreed", Also: []string{"not_agreed", "rejected", "no"}}}},
	{Name: "voice", System: Local + "plan-voice", Source: "own; who speaks for a decision or a goal (seed 002, 3 and 22)", Codes: []Code{
		{Code: "youth", Display: "Youth", Also: []string{"child"}}, {Code: "family", Display: "Family"}, {Code: "guardian", Display: "Guardian"}, {Code: "coordinator", Display: "Care coordinator"},
		{Code: "supervisor", Display: "Supervisor"}, {Code: "clinician", Display: "Clinician"}, {Code: "team", Display: "Child and family team"}, {Code: "payer", Display: "Payer"}}},
}

// teamTables serve care teams and persons (standards.md 1.2).
var teamTables = []Table{
	{Name: "gender", System: "http://hl7.org/fhir/administrative-gender", Source: "http://hl7.org/fhir/R4/valueset-administrative-gender.html", Codes: []Code{
		{Code: "male", Also: []string{"m"}}, {Code: "female", Also: []string{"f"}}, {Code: "other", Also: []string{"o", "x"}}, {Code: "unknown", Also: []string{"u"}}}},
	{Name: "team_status", System: "http://hl7.org/fhir/care-team-status", Source: "http://hl7.org/fhir/R4/valueset-care-team-status.html", Codes: []Code{
		{Code: "proposed"}, {Code: "active"}, {Code: "suspended"}, {Code: "inactive"}, {Code: "entered-in-error", Also: []string{"error"}}}},
	{Name: "member_kind", System: Local + "team-member-kind", Source: "own; seed 002, 11: family, providers, agencies, natural, family and peer supports", Codes: []Code{
		{Code: "youth", Display: "the child or youth"}, {Code: "family", Display: "family or guardian"}, {Code: "natural", Display: "natural support", Also: []string{"natural_support", "informal"}},
		{Code: "professional", Display: "a person of an agency or clinic", Also: []string{"provider"}}, {Code: "organization", Display: "an agency or clinic", Also: []string{"agency"}}}},
	{Name: "team_role", System: Local + "team-role", Source: "own; SNOMED CT where US Core Care Team Member Function has the role", Codes: []Code{
		{Code: "youth", Display: "Youth", System: "http://snomed.info/sct", FHIR: "116154003"}, {Code: "caregiver", Display: "Caregiver", System: "http://snomed.info/sct", FHIR: "133932002", Also: []string{"parent", "guardian"}},
		{Code: "primary-care", Display: "Primary care provider", System: "http://snomed.info/sct", FHIR: "453231000124104", Also: []string{"pcp", "primary_care"}},
		{Code: "care-coordinator", Display: "Care coordinator", Also: []string{"care_coordinator", "coordinator"}}, {Code: "supervisor", Display: "Supervisor"}, {Code: "clinician", Display: "Clinician", Also: []string{"therapist"}},
		{Code: "family-peer", Display: "Family peer partner", Also: []string{"family_peer", "family_partner"}}, {Code: "youth-peer", Display: "Youth peer", Also: []string{"youth_peer"}}, {Code: "school", Display: "School"},
		{Code: "child-welfare", Display: "Child welfare worker", Also: []string{"child_welfare"}}, {Code: "probation", Display: "Probation or juvenile justice"}, {Code: "waiver-provider", Display: "Waiver service provider", Also: []string{"waiver_provider", "subcontractor"}},
		{Code: "natural-support", Display: "Natural support", Also: []string{"natural_support", "mentor"}}, {Code: "agency", Display: "Agency"},
		{Code: "outpatient-clinic", Display: "Outpatient clinic", Also: []string{"outpatient_clinic"}}, {Code: "day-treatment", Display: "Day treatment", Also: []string{"day_treatment"}}, {Code: "other", Display: "Other"}}},
	{Name: "relationship", Shown: true, System: "http://terminology.hl7.org/CodeSystem/v3-RoleCode", Source: "http://terminology.hl7.org/CodeSystem/v3-RoleCode", Codes: []Code{
		{Code: "mother", Display: "mother", FHIR: "MTH"}, {Code: "father", Display: "father", FHIR: "FTH"}, {Code: "stepparent", Display: "step parent", FHIR: "STPPRN"}, {Code: "foster-parent", Display: "foster parent", FHIR: "PRNFOST", Also: []string{"foster_parent"}},
		{Code: "guardian", Display: "guardian", FHIR: "GUARD"}, {Code: "grandparent", Display: "grandparent", FHIR: "GRPRN"}, {Code: "sibling", Display: "sibling", FHIR: "SIB"}, {Code: "aunt", Display: "aunt", FHIR: "AUNT"},
		{Code: "uncle", Display: "uncle", FHIR: "UNCLE"}, {Code: "family", Display: "family member", FHIR: "FAMMEMB"}, {Code: "neighbor", Display: "neighbor", FHIR: "NBOR", Also: []string{"neighbour"}},
		{Code: "friend", Display: "unrelated friend", FHIR: "FRND", Also: []string{"mentor", "coach"}}, {Code: "health-proxy", Display: "healthcare power of attorney", FHIR: "HPOWATT", Also: []string{"health_proxy"}}}},
}

// moneyTables serve authorizations, enrollments and services (ledger.md).
var moneyTables = []Table{
	{Name: "auth_status", System: Local + "authorization-status", Source: "ledger.md, status words; X12 306 as the review action in FHIR", Codes: []Code{
		{Code: "approved", Display: "certified in total", FHIR: "A1"}, {Code: "partial", Display: "certified with another quantity", FHIR: "A6", Also: []string{"modified"}},
		{Code: "pended", Display: "not decided yet", FHIR: "A4", Also: []string{"pending", "requested"}}, {Code: "denied", Display: "not certified", FHIR: "A3"}, {Code: "cancelled", Display: "cancelled", FHIR: "C", Also: []string{"canceled"}}}},
	{Name: "review_action", Shown: true, System: X12 + "306", Source: "X12 306 as named in Da Vinci PAS (standards.md 3.2)", Codes: []Code{
		{Code: "A1", Display: "Certified in total"}, {Code: "A2", Display: "Certified - partial"}, {Code: "A3", Display: "Not certified"}, {Code: "A4", Display: "Pended"},
		{Code: "A6", Display: "Modified"}, {Code: "C", Display: "Cancelled"}, {Code: "CT", Display: "Contact payer"}, {Code: "NA", Display: "No action required"}}},
	{Name: "denial_basis", System: Local + "denial-basis", Source: "own: what a denial or cut rests on, in words a family can appeal (42 CFR 438.404(b)(2)); the list X12 886 is licensed and not shipped", Codes: []Code{
		{Code: "not-necessary", Display: "not medically necessary for this child", Also: []string{"not_necessary", "medical-necessity"}}, {Code: "other-service", Display: "another service meets the need", Also: []string{"other_service", "level-of-care"}},
		{Code: "benefit-limit", Display: "beyond the limit of the benefit", Also: []string{"benefit_limit", "cap"}}, {Code: "not-covered", Display: "not a covered service", Also: []string{"not_covered"}},
		{Code: "no-information", Display: "information asked for did not come", Also: []string{"no_information"}}, {Code: "not-eligible", Display: "not eligible on the dates of service", Also: []string{"not_eligible"}},
		{Code: "provider", Display: "provider may not deliver the service"}, {Code: "duplicate", Display: "asked for or authorized already"}}},
	{Name: "cap_period", System: Local + "cap-period", Source: "ledger.md, table authorization", Codes: []Code{
		{Code: "day", Display: "calendar day", Also: []string{"daily"}}, {Code: "week", Display: "Monday to Sunday", Also: []string{"weekly"}}, {Code: "month", Display: "calendar month", Also: []string{"monthly"}}}},
	{Name: "auth_priority", System: "http://terminology.hl7.org/CodeSystem/processpriority", Source: "http://hl7.org/fhir/R4/valueset-process-priority.html", Codes: []Code{
		{Code: "standard", Display: "decision within 7 calendar days", FHIR: "normal", Also: []string{"normal"}}, {Code: "expedited", Display: "decision within 72 hours", FHIR: "stat", Also: []string{"stat", "urgent"}}}},
	{Name: "source", System: Local + "service-source", Source: "ledger.md, rule 1 of the law", Codes: []Code{
		{Code: "claim", Display: "claim line"}, {Code: "encounter", Display: "encounter record"}, {Code: "visit log", Display: "visit log of the provider", FHIR: "visit-log", Also: []string{"visit_log", "visit-log", "visit"}}}},
	{Name: "frequency", System: Local + "claim-frequency", Source: "X12 837P CLM05-3 (standards.md 6.3)", Codes: []Code{
		{Code: "1", Display: "original"}, {Code: "7", Display: "replacement"}, {Code: "8", Display: "void"}}},
}

// careTables serve referrals and treatment updates (standards.md 1.3, 1.6, 1.7).
var careTables = []Table{
	{Name: "referral_status", System: "http://hl7.org/fhir/task-status", Source: "http://hl7.org/fhir/R4/valueset-task-status.html; SDOH Clinical Care", Codes: []Code{
		{Code: "draft"}, {Code: "requested", Also: []string{"sent"}}, {Code: "received"}, {Code: "accepted"}, {Code: "rejected", Also: []string{"declined"}}, {Code: "ready"}, {Code: "in-progress", Also: []string{"in_progress", "started"}},
		{Code: "on-hold", Also: []string{"on_hold", "on hold", "waitlist", "waitlisted"}}, {Code: "completed"}, {Code: "failed"}, {Code: "cancelled", Also: []string{"canceled"}}, {Code: "entered-in-error", Also: []string{"error"}}}},
	{Name: "priority", System: "http://hl7.org/fhir/request-priority", Source: "http://hl7.org/fhir/R4/valueset-request-priority.html", Codes: []Code{
		{Code: "routine"}, {Code: "urgent"}, {Code: "asap"}, {Code: "stat"}}},
	{Name: "encounter_class", Shown: true, System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Source: "http://hl7.org/fhir/R4/v3/ActEncounterCode/vs.html", Codes: []Code{
		{Code: "office", Display: "ambulatory", FHIR: "AMB", Also: []string{"ambulatory"}}, {Code: "home", Display: "home health", FHIR: "HH"}, {Code: "telehealth", Display: "virtual", FHIR: "VR", Also: []string{"virtual"}},
		{Code: "field", Display: "field", FHIR: "FLD", Also: []string{"community", "school"}}, {Code: "emergency", Display: "emergency", FHIR: "EMER"}, {Code: "inpatient", Display: "inpatient encounter", FHIR: "IMP"}}},
	{Name: "encounter_status", System: "http://hl7.org/fhir/encounter-status", Source: "http://hl7.org/fhir/R4/valueset-encounter-status.html", Codes: []Code{
		{Code: "planned"}, {Code: "in-progress", Also: []string{"in_progress"}}, {Code: "finished", Also: []string{"completed", "kept"}}, {Code: "cancelled", Also: []string{"canceled", "no-show"}}}},
}

// X12 is the base of X12 code systems (standards.md 2).
const X12 = "https://codesystem.x12.org/005010/"
