package codes

// appealTables serve notices of adverse decisions, appeals and fair hearings (42
// CFR 438.400 to 438.424, 431.200 to 431.250).
var appealTables = []Table{
	{Name: "adverse_action", System: Local + "adverse-action", Source: "42 CFR 438.400(b), adverse benefit determination", Codes: []Code{
		{Code: "denied", Display: "a service was denied"}, {Code: "limited", Display: "a service was authorized to a lesser extent than asked", Also: []string{"partly-denied", "partly_denied"}},
		{Code: "reduced", Display: "a service that was authorized is reduced"}, {Code: "suspended", Display: "a service that was authorized is suspended"},
		{Code: "terminated", Display: "a service that was authorized is ended"}, {Code: "not-timely", Display: "no decision came in time", Also: []string{"not_timely", "late"}},
		{Code: "payment-denied", Display: "payment was denied", Also: []string{"payment_denied"}}}},
	{Name: "advance_exception", System: Local + "advance-notice-exception", Source: "42 CFR 431.213 and 431.214: when notice may come later than 10 days before the action", Codes: []Code{
		{Code: "death", Display: "the person has died (431.213(a))"}, {Code: "statement", Display: "a signed statement gives the service up, or gives information that ends it (431.213(b))", Also: []string{"signed-statement", "signed_statement"}},
		{Code: "institution", Display: "admitted to an institution, where no services are covered (431.213(c))"}, {Code: "unknown-address", Display: "whereabouts unknown, mail returned (431.213(d))", Also: []string{"unknown_address"}},
		{Code: "elsewhere", Display: "accepted for Medicaid elsewhere (431.213(e))"}, {Code: "prescribed", Display: "a physician prescribed the change in the level of care (431.213(f))"},
		{Code: "nursing-facility", Display: "preadmission screening, or transfer or discharge within 10 days (431.213(g), (h))", Also: []string{"nursing_facility"}},
		{Code: "fraud", Display: "probable fraud, verified: 5 days (431.214)"}}},
	{Name: "appeal_level", System: Local + "appeal-level", Source: "42 CFR 438.400(b), 438.402(c), 438.408(f)", Codes: []Code{
		{Code: "plan-appeal", Display: "appeal to the plan", Also: []string{"plan_appeal", "plan"}}, {Code: "fair-hearing", Display: "State fair hearing", Also: []string{"fair_hearing", "hearing"}},
		{Code: "external-review", Display: "external medical review", Also: []string{"external_review"}}}},
	{Name: "appeal_filer", System: Local + "appeal-filer", Source: "42 CFR 438.402(c)(1)(ii)", Codes: []Code{
		{Code: "family", Display: "parent or guardian", Also: []string{"parent", "guardian"}}, {Code: "youth", Display: "the child or youth"}, {Code: "representative", Display: "authorized representative", Also: []string{"advocate"}},
		{Code: "provider", Display: "provider, with written consent"}}},
	{Name: "appeal_way", System: Local + "appeal-way", Source: "42 CFR 438.402(c)(3)(ii): orally or in writing", Codes: []Code{
		{Code: "oral", Display: "orally", Also: []string{"phone"}}, {Code: "written", Display: "in writing", Also: []string{"letter"}}}},
	{Name: "appeal_outcome", System: Local + "appeal-outcome", Source: "42 CFR 438.408(e), 438.424; own words", Codes: []Code{
		{Code: "upheld", Display: "the decision stands"}, {Code: "overturned", Display: "the decision is reversed"}, {Code: "partly-overturned", Display: "the decision is reversed in part", Also: []string{"partly_overturned", "partly"}},
		{Code: "withdrawn", Display: "the appeal was withdrawn"}, {Code: "dismissed", Display: "not heard: filed too late, or not for appeal"}}},
	{Name: "continued_status", System: Local + "continued-benefits", Source: "42 CFR 438.420(b)", Codes: []Code{
		{Code: "asked", Display: "asked for, not answered yet"}, {Code: "granted", Display: "benefits continue"}, {Code: "refused", Display: "benefits do not continue"}}},
}
