package codes

// HCPCS is the code system of service codes and their modifiers (standards.md 2).
const HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"

// Service describes a HCPCS code of children's behavioral health.
type Service struct{ Code, Display, Unit string }

// Services are the codes of standards.md section 2. The list helps people read
// codes; it does not limit them: states and payers have codes of their own.
var Services = []Service{
	{"H2021", "Community wraparound", "15 min"}, {"H2022", "Community wraparound", "per diem"},
	{"T1016", "Case management", "15 min"}, {"T1017", "Targeted case management", "15 min"},
	{"T2022", "Case management", "per month"}, {"T2023", "Targeted case management", "per month"},
	{"T2024", "Waiver assessment or plan", "each"}, {"T2025", "Waiver service, not otherwise specified", "each"},
	{"H0036", "Community psychiatric supportive treatment", "15 min"}, {"H0037", "Community psychiatric supportive treatment", "per diem"},
	{"H2015", "Comprehensive community support", "15 min"}, {"H2016", "Comprehensive community support", "per diem"},
	{"H2019", "Therapeutic behavioral services", "15 min"}, {"H2020", "Therapeutic behavioral services", "per diem"},
	{"H0031", "Assessment by non-physician", "each"}, {"H0032", "Plan development by non-physician", "each"},
	{"H2012", "Behavioral day treatment", "hour"}, {"T1019", "Personal care", "15 min"}, {"T2003", "Non-emergency transport", "trip"},
	{"S5150", "Unskilled respite", "15 min"}, {"S5151", "Unskilled respite", "per diem"},
	{"T1005", "Respite care", "15 min"}, {"H0045", "Respite, not in the home", "per diem"},
	{"H0038", "Self-help or peer services", "15 min"}, {"S9482", "Family stabilization", "15 min"},
	{"H2011", "Crisis intervention", "15 min"}, {"S9484", "Crisis intervention, mental health", "hour"}, {"S9485", "Crisis intervention, mental health", "per diem"},
	{"H2014", "Skills training", "15 min"}, {"H2017", "Psychosocial rehabilitation", "15 min"}, {"H2018", "Psychosocial rehabilitation", "per diem"},
	{"H2033", "Multisystemic therapy for juveniles", "15 min"}, {"T2038", "Community transition, waiver", "per service"},
	{"S5110", "Home care training, family", "15 min"}, {"S5111", "Home care training, family", "session"},
	{"T1027", "Family training", "15 min"}, {"H2027", "Psychoeducation", "15 min"},
}

// ServiceName is the display of a service code; empty when we do not know it.
func ServiceName(code string) string {
	for _, s := range Services {
		if s.Code == code {
			return s.Display + ", " + s.Unit
		}
	}
	return ""
}
