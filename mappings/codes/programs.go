package codes

// programTables serve the records of programs: levels of care, placements, waiting
// lists, plans of others, application packets.
var programTables = []Table{
	{Name: "level_of_care", System: Local + "level-of-care", Source: "own; states have their own levels, which are taken as sent", Codes: []Code{
		{Code: "outpatient", Display: "Outpatient"}, {Code: "intensive-community", Display: "Intensive community-based", Also: []string{"intensive_community"}}, {Code: "day-treatment", Display: "Day treatment", Also: []string{"day_treatment"}},
		{Code: "residential", Display: "Residential"}, {Code: "inpatient", Display: "Inpatient"}}},
	{Name: "circumstance", System: Local + "circumstance", Source: "own; seed 001: what weighs on a caseload", Codes: []Code{
		{Code: "intensity-of-need", Display: "Intensity of need", Also: []string{"intensity_of_need"}}, {Code: "location", Display: "Location"}, {Code: "crisis", Display: "Crisis"}, {Code: "age", Display: "Age"}}},
	{Name: "coordination_setting", System: Local + "coordination-setting", Source: "own; seed 003, 125.130(c)", Codes: []Code{
		{Code: "department", Display: "The department"}, {Code: "provider-entity", Display: "An entity that also provides services", Also: []string{"provider_entity"}},
		{Code: "free-standing-entity", Display: "An entity whose sole function is case coordination", Also: []string{"free_standing_entity"}}}},
	{Name: "referral_reason", System: Local + "referral-reason", Source: "own; seed 004: that a grant was denied is no reason; other reasons are taken as sent", Codes: []Code{
		{Code: "no-capacity", Display: "No capacity", Also: []string{"no_capacity"}}, {Code: "not-eligible", Display: "Not eligible", Also: []string{"not_eligible"}}, {Code: "family-declined", Display: "The family declined", Also: []string{"family_declined"}},
		{Code: "icg-denied", Display: "An Individual Care Grant was denied", Also: []string{"icg_denied"}}, {Code: "other", Display: "Other"}}},
	{Name: "placement_kind", System: Local + "placement-kind", Source: "own; seed 004 (residential), seed 002 (placement determinations)", Codes: []Code{
		{Code: "residential", Display: "Residential treatment"}, {Code: "hospital", Display: "Hospital"}, {Code: "group-home", Display: "Group home", Also: []string{"group_home"}}, {Code: "foster-home", Display: "Foster home", Also: []string{"foster_home", "foster"}},
		{Code: "treatment-foster-home", Display: "Treatment foster home", Also: []string{"treatment_foster_home"}}, {Code: "kin", Display: "With kin", Also: []string{"kinship"}}, {Code: "shelter", Display: "Shelter"},
		{Code: "detention", Display: "Detention"}, {Code: "other", Display: "Other"}}},
	{Name: "placement_end", System: Local + "placement-end", Source: "own; seed 004: return to family and community", Codes: []Code{
		{Code: "home", Display: "Home"}, {Code: "kin", Display: "Kin", Also: []string{"family"}}, {Code: "foster-home", Display: "Foster home", Also: []string{"foster_home", "foster"}}, {Code: "group-home", Display: "Group home", Also: []string{"group_home"}},
		{Code: "residential", Display: "Another residential treatment"}, {Code: "hospital", Display: "Hospital"}, {Code: "independent", Display: "A home of the youth's own"}, {Code: "other", Display: "Elsewhere"}}},
	{Name: "advised_by", System: Local + "advised-by", Source: "own; seed 004: the monitoring body recommends", Codes: []Code{
		{Code: "monitoring-body", Display: "The body that monitors the program", Also: []string{"monitoring_body"}}, {Code: "facility", Display: "The facility"}, {Code: "team", Display: "The child and family team"},
		{Code: "family", Display: "The family"}, {Code: "court", Display: "A court"}, {Code: "nobody", Display: "Nobody"}}},
	{Name: "waitlist_status", System: "http://hl7.org/fhir/request-status", Source: "http://hl7.org/fhir/R4/valueset-request-status.html", Codes: []Code{
		{Code: "waiting", Display: "on the list", FHIR: "on-hold"}, {Code: "offered", Display: "a place was offered", FHIR: "active"}, {Code: "served", Display: "the service has begun", FHIR: "completed"},
		{Code: "withdrawn", Display: "taken off the list", FHIR: "revoked", Also: []string{"removed"}}, {Code: "entered-in-error", Display: "never should have been", Also: []string{"error"}}}},
	{Name: "linked_kind", System: Local + "linked-plan", Source: "own; seed 002, 2 and 13", Codes: []Code{
		{Code: "iep", Display: "Individualized education program"}, {Code: "case-plan", Display: "Case plan of child welfare", Also: []string{"case_plan"}},
		{Code: "multidisciplinary-review", Display: "Multidisciplinary treatment review", Also: []string{"multidisciplinary_review", "mdt"}}, {Code: "placement-determination", Display: "Placement determination", Also: []string{"placement_determination"}},
		{Code: "treatment-plan", Display: "Treatment plan of a provider", Also: []string{"treatment_plan"}}, {Code: "assessment", Display: "Assessment by a system"}, {Code: "report", Display: "Report of a system"}, {Code: "other", Display: "Other"}}},
	{Name: "child_system", System: Local + "child-system", Source: "own; seed 002, 2: all involved child-serving systems", Codes: []Code{
		{Code: "school", Display: "School", Also: []string{"education"}}, {Code: "child-welfare", Display: "Child welfare", Also: []string{"child_welfare"}}, {Code: "juvenile-justice", Display: "Juvenile justice", Also: []string{"juvenile_justice", "probation"}},
		{Code: "mental-health", Display: "Mental health", Also: []string{"mental_health"}}, {Code: "health", Display: "Physical health"}, {Code: "developmental", Display: "Developmental disabilities"},
		{Code: "substance-use", Display: "Substance use", Also: []string{"substance_use"}}, {Code: "other", Display: "Other"}}},
	{Name: "document_status", System: "http://hl7.org/fhir/document-reference-status", Source: "http://hl7.org/fhir/R4/valueset-document-reference-status.html", Codes: []Code{
		{Code: "current"}, {Code: "superseded", Also: []string{"replaced"}}, {Code: "entered-in-error", Also: []string{"error"}}}},
	{Name: "packet_circumstance", System: Local + "packet-circumstance", Source: "own; seed 004, appendix 6", Codes: []Code{
		{Code: "custody-order", Display: "Custody is ordered by a court", Also: []string{"custody_order"}}, {Code: "non-parental-guardianship", Display: "Somebody who is no parent is guardian", Also: []string{"non_parental_guardianship"}}}},
	{Name: "packet_decision", System: Local + "packet-decision", Source: "own; seed 004: approved and denied applications", Codes: []Code{
		{Code: "approved", Also: []string{"eligible"}}, {Code: "denied", Also: []string{"ineligible"}}}},
	{Name: "attested_by", System: Local + "attested-by", Source: "own; seed 004: clinical criteria are attested, never computed", Codes: []Code{
		{Code: "clinician", Display: "Clinician"}, {Code: "parent", Display: "Parent or guardian", Also: []string{"guardian"}}, {Code: "agency", Display: "Agency"}, {Code: "school", Display: "School"}}},
}
