package compliance

import (
	"strings"

	"github.com/throughline/throughline/mappings/record"
)

// roles are the words of the rules for the roles of a team.
var roles = map[string][]string{
	"youth":            {"youth"},
	"caregiver":        {"family"},
	"care-coordinator": {"coordinator"},
	"clinician":        {"treatment_provider", "provider"},
	"primary-care":     {"provider"},
	"waiver-provider":  {"waiver_subcontractor", "provider"},
	"natural-support":  {"natural_support"},
	"family-peer":      {"family_support", "peer_support"},
	"youth-peer":       {"peer_support"},
	"school":           {"agency"},
	"child-welfare":    {"agency"},
	"probation":        {"agency"},
	"agency":           {"agency"},

	"outpatient-clinic": {"outpatient_clinic", "provider"},
	"day-treatment":     {"day_treatment", "provider"},
}

// kinds are the words of the rules for the kinds of members.
var kinds = map[string][]string{
	"youth": {"youth"}, "family": {"family"}, "natural": {"natural_support"}, "organization": {"agency"},
}

func rolesOf(m *record.TeamMember) []string {
	return append(append([]string{}, roles[m.Role]...), kinds[m.Kind]...)
}

// withheld are the words of the rules for why minutes are kept back.
var withheld = map[string]string{"no-consent": "consent", "no-contact-order": "no_contact_order"}

func withheldWord(code string) string {
	if w, ok := withheld[code]; ok {
		return w
	}
	return code
}

// systems are the child-serving systems that roles of a team belong to.
var systems = map[string]string{"school": "school", "child-welfare": "child_welfare", "probation": "juvenile_justice"}

// word is a code or a phrase as the rules write it: lower case, with underscores.
func word(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// combined are trainings that hold several of the rules' codes.
var combined = map[string][]string{"first_aid_cpr": {"first_aid", "cpr"}}
