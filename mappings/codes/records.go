package codes

// recordTables serve the records behind the rules of programs: staff, meetings
// (standards.md 1.2, 1.8).
var recordTables = []Table{
	{Name: "staff_role", System: Local + "staff-role", Source: "own; seeds 000, 001, 002 name these", Codes: []Code{
		{Code: "care-coordinator", Display: "Care coordinator", Also: []string{"care_coordinator", "coordinator", "icc"}}, {Code: "supervisor", Display: "Supervisor"},
		{Code: "field-coordinator", Display: "Field coordinator", Also: []string{"field_coordinator"}}, {Code: "clinician", Display: "Clinician", Also: []string{"therapist"}},
		{Code: "family-peer", Display: "Family peer partner", Also: []string{"family_peer", "family_partner"}}, {Code: "youth-peer", Display: "Youth peer", Also: []string{"youth_peer"}},
		{Code: "waiver-provider", Display: "Waiver service provider", Also: []string{"waiver_provider", "subcontractor"}}, {Code: "other", Display: "Other"}}},
	{Name: "meeting_status", System: "http://hl7.org/fhir/appointmentstatus", Source: "http://hl7.org/fhir/R4/valueset-appointmentstatus.html", Codes: []Code{
		{Code: "proposed"}, {Code: "pending"}, {Code: "booked", Also: []string{"planned"}}, {Code: "fulfilled", Also: []string{"held", "completed"}}, {Code: "cancelled", Also: []string{"canceled"}},
		{Code: "noshow", Also: []string{"no-show", "no_show"}}, {Code: "entered-in-error", Also: []string{"error"}}}},
	{Name: "meeting_kind", System: Local + "meeting-kind", Source: "own; seed 002, 8, 13, 14 and 24", Codes: []Code{
		{Code: "team", Display: "Child and family team meeting", Also: []string{"cft"}}, {Code: "crisis", Display: "Crisis meeting"}, {Code: "plan-review", Display: "Plan review", Also: []string{"plan_review"}},
		{Code: "case-plan", Display: "Case plan of child welfare", Also: []string{"case_plan"}}, {Code: "iep", Display: "Individualized education program"},
		{Code: "multidisciplinary-review", Display: "Multidisciplinary treatment review", Also: []string{"multidisciplinary_review", "mdt"}},
		{Code: "placement", Display: "Placement determination"}, {Code: "supervision", Display: "Supervision"}, {Code: "other", Display: "Other"}}},
	{Name: "answer", System: "http://hl7.org/fhir/participationstatus", Source: "http://hl7.org/fhir/R4/valueset-participationstatus.html", Codes: []Code{
		{Code: "accepted", Also: []string{"yes"}}, {Code: "declined", Also: []string{"no"}}, {Code: "tentative", Also: []string{"maybe"}}, {Code: "needs-action", Also: []string{"needs_action", "open"}}}},
	{Name: "withheld_reason", System: Local + "withheld-reason", Source: "own; consent and no-contact orders are stated exceptions to minutes for every member", Codes: []Code{
		{Code: "no-consent", Display: "No consent to share", Also: []string{"no_consent", "consent"}}, {Code: "no-contact-order", Display: "No-contact order", Also: []string{"no_contact_order", "no_contact"}}}},
	{Name: "contact_kind", System: Local + "contact-kind", Source: "own; seed 003 e (follow-up), seed 002", Codes: []Code{
		{Code: "follow-up", Display: "Follow-up on a scheduled date", Also: []string{"follow_up", "followup"}}, {Code: "outreach", Display: "Outreach"}, {Code: "crisis", Display: "Crisis"},
		{Code: "check-in", Display: "Check-in", Also: []string{"check_in"}}, {Code: "other", Display: "Other"}}},
	{Name: "contact_medium", System: Terminology + "v3-ParticipationMode", Source: "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", Codes: []Code{
		{Code: "phone", Display: "by telephone", FHIR: "PHONE", Also: []string{"telephone"}}, {Code: "in-person", Display: "face to face", FHIR: "FACE", Also: []string{"in_person", "face-to-face", "visit"}},
		{Code: "video", Display: "by video", FHIR: "VIDEOCONF"}, {Code: "email", Display: "by e-mail", FHIR: "EMAILWRIT"}, {Code: "letter", Display: "by letter", FHIR: "MAILWRIT", Also: []string{"mail"}},
		{Code: "text", Display: "by text message", FHIR: "SMSWRIT", Also: []string{"sms"}}}},
}
