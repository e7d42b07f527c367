package hl7v2

import (
	"strings"

	"github.com/throughline/throughline/mappings/codes"
)

// table maps codes of an HL7 table to FHIR codes.
type table struct {
	name  string // HL7 table and what it holds
	to    string // FHIR element
	codes [][2]string
}

// find looks a code up, ignoring case; a code that is not there gives other.
func (t *table) find(code, other string) string {
	code = strings.TrimSpace(code)
	for _, c := range t.codes {
		if strings.EqualFold(c[0], code) {
			return c[1]
		}
	}
	return other
}

// reverse finds the first code that means value.
func (t *table) reverse(value, other string) string {
	for _, c := range t.codes {
		if c[1] == value {
			return c[0]
		}
	}
	return other
}

// codingSystems are the names of table 0396.
var codingSystems = map[string]string{
	"LN": "http://loinc.org", "SCT": "http://snomed.info/sct", "SNM": "http://snomed.info/sct", "SNOMED": "http://snomed.info/sct",
	"I10C": codes.ICD10, "I10CM": codes.ICD10, "ICD10": codes.ICD10, "ICD-10-CM": codes.ICD10, "I10": "http://hl7.org/fhir/sid/icd-10",
	"I9": "http://hl7.org/fhir/sid/icd-9-cm", "I9C": "http://hl7.org/fhir/sid/icd-9-cm", "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm", "I9M": "http://hl7.org/fhir/sid/icd-9-cm",
	"C4": "http://www.ama-assn.org/go/cpt", "CPT4": "http://www.ama-assn.org/go/cpt", "C5": "http://www.ama-assn.org/go/cpt",
	"HCPCS": codes.HCPCS, "HCPT": codes.HCPCS, "NDC": "http://hl7.org/fhir/sid/ndc", "CVX": "http://hl7.org/fhir/sid/cvx", "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
	"UCUM": codes.UCUM, "ISO639": "urn:ietf:bcp:47", "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
}

var (
	genders = &table{"0001 administrative sex", "Patient.gender", [][2]string{
		{"M", "male"}, {"F", "female"}, {"O", "other"}, {"A", "other"}, {"X", "other"}, {"N", "other"}, {"U", "unknown"}}}
	nameUses = &table{"0200 name type", "HumanName.use", [][2]string{
		{"L", "official"}, {"D", "usual"}, {"M", "maiden"}, {"N", "nickname"}, {"S", "anonymous"}, {"T", "temp"}, {"BAD", "old"}, {"A", "nickname"}, {"B", "official"}}}
	addressUses = &table{"0190 address type", "Address.use", [][2]string{
		{"H", "home"}, {"P", "home"}, {"L", "home"}, {"M", "home"}, {"B", "work"}, {"O", "work"}, {"C", "temp"}, {"BI", "billing"}, {"BA", "old"}}}
	phoneUses = &table{"0201 telecommunication use", "ContactPoint.use", [][2]string{
		{"PRN", "home"}, {"WPN", "work"}, {"ORN", "home"}, {"VHN", "home"}, {"PRS", "mobile"}, {"BPN", "work"}}}
	phoneSystems = &table{"0202 telecommunication equipment", "ContactPoint.system", [][2]string{
		{"PH", "phone"}, {"FX", "fax"}, {"CP", "phone"}, {"BP", "pager"}, {"MD", "other"}, {"TDD", "phone"}, {"TTY", "phone"}, {"Internet", "email"}, {"X.400", "email"}, {"SAT", "phone"}}}
	relationships = &table{"0063 relationship", "RelatedPerson.relationship (v3-RoleCode)", [][2]string{
		{"MTH", "MTH"}, {"FTH", "FTH"}, {"PAR", "PRN"}, {"GRD", "GUARD"}, {"GUARD", "GUARD"}, {"GRP", "GRPRN"}, {"SIB", "SIB"}, {"BRO", "BRO"}, {"SIS", "SIS"}, {"SPO", "SPS"},
		{"CHD", "CHILD"}, {"SCH", "STPCHLD"}, {"NCH", "NCHILD"}, {"FCH", "CHLDFOST"}, {"EXF", "EXT"}, {"FND", "FRND"}, {"GCH", "GRNDCHILD"}, {"DOM", "DOMPART"}, {"SEL", "ONESELF"}}}
	maritals = &table{"0002 marital status", "Patient.maritalStatus (v3-MaritalStatus)", [][2]string{
		{"A", "L"}, {"D", "D"}, {"I", "I"}, {"M", "M"}, {"P", "T"}, {"S", "S"}, {"W", "W"}, {"C", "C"}, {"N", "A"}, {"G", "T"}, {"U", "UNK"}, {"T", "U"}}}
	classes = &table{"0004 patient class", "Encounter.class (v3-ActCode)", [][2]string{
		{"O", "AMB"}, {"E", "EMER"}, {"I", "IMP"}, {"P", "PRENC"}, {"R", "AMB"}, {"B", "IMP"}}}
	visitStates = &table{"event", "Encounter.status", [][2]string{
		{"A01", "in-progress"}, {"A03", "finished"}, {"A04", "in-progress"}, {"A11", "cancelled"}, {"A13", "in-progress"}}}
	subscribers = &table{"0063 relationship to the insured", "Coverage.relationship", [][2]string{
		{"SEL", "self"}, {"SELF", "self"}, {"18", "self"}, {"SPO", "spouse"}, {"CHD", "child"}, {"PAR", "parent"}, {"FTH", "parent"}, {"MTH", "parent"}, {"DOM", "common"}}}
	referralStates = &table{"0283 referral status", "Task.status", [][2]string{
		{"P", "requested"}, {"A", "accepted"}, {"R", "rejected"}, {"E", "failed"}}}
	priorities = &table{"0280 referral priority", "ServiceRequest.priority", [][2]string{
		{"R", "routine"}, {"S", "stat"}, {"A", "asap"}, {"ROUTINE", "routine"}, {"STAT", "stat"}, {"ASAP", "asap"}, {"U", "urgent"}, {"URGENT", "urgent"}}}
	meetingStates = &table{"0278 filler status", "Appointment.status", [][2]string{
		{"Booked", "booked"}, {"Pending", "pending"}, {"Waitlist", "waitlist"}, {"Complete", "fulfilled"}, {"Cancelled", "cancelled"}, {"Dc", "cancelled"}, {"Deleted", "entered-in-error"},
		{"Noshow", "noshow"}, {"No-Show", "noshow"}, {"Started", "arrived"}, {"Overbook", "booked"}, {"Blocked", "booked"}}}
	meetingEvents = &table{"event", "Appointment.status", [][2]string{
		{"S15", "cancelled"}, {"S16", "cancelled"}, {"S17", "entered-in-error"}, {"S26", "noshow"}}}
	resultStates = &table{"0085 observation result status", "Observation.status", [][2]string{
		{"F", "final"}, {"C", "corrected"}, {"P", "preliminary"}, {"R", "preliminary"}, {"S", "preliminary"}, {"I", "registered"}, {"O", "registered"}, {"X", "cancelled"}, {"D", "entered-in-error"}, {"W", "entered-in-error"},
		{"U", "final"}, {"A", "amended"}, {"V", "final"}, {"B", "final"}, {"N", "registered"}}}
	reportStates = &table{"0123 result status", "DiagnosticReport.status", [][2]string{
		{"F", "final"}, {"C", "corrected"}, {"P", "preliminary"}, {"A", "partial"}, {"R", "preliminary"}, {"S", "registered"}, {"I", "registered"}, {"O", "registered"}, {"X", "cancelled"}, {"M", "final"}, {"N", "final"}, {"Y", "registered"}, {"Z", "registered"}}}
	completions = &table{"0271 document completion", "DocumentReference.docStatus", [][2]string{
		{"AU", "final"}, {"LA", "final"}, {"DO", "preliminary"}, {"DI", "preliminary"}, {"IP", "preliminary"}, {"IN", "preliminary"}, {"PA", "preliminary"}}}
	availabilities = &table{"0273 document availability", "DocumentReference.status", [][2]string{
		{"AV", "current"}, {"CA", "entered-in-error"}, {"OB", "superseded"}, {"UN", "current"}}}
	confidentialities = &table{"0272 document confidentiality", "DocumentReference.securityLabel (v3-Confidentiality)", [][2]string{
		{"R", "R"}, {"V", "V"}, {"U", "N"}}}
	goalStates = &table{"0267 goal life cycle (sender's own)", "Goal.lifecycleStatus", [][2]string{
		{"ACT", "active"}, {"ACTIVE", "active"}, {"PRO", "proposed"}, {"PROPOSED", "proposed"}, {"PLN", "planned"}, {"PLANNED", "planned"}, {"ACC", "accepted"}, {"HLD", "on-hold"}, {"ON-HOLD", "on-hold"},
		{"CMP", "completed"}, {"COMPLETED", "completed"}, {"ACH", "completed"}, {"CAN", "cancelled"}, {"CANCELLED", "cancelled"}, {"REJ", "rejected"}, {"ERR", "entered-in-error"}}}
	problemStates = &table{"problem life cycle (sender's own)", "Condition.clinicalStatus", [][2]string{
		{"ACT", "active"}, {"ACTIVE", "active"}, {"INA", "inactive"}, {"INACTIVE", "inactive"}, {"RES", "resolved"}, {"RESOLVED", "resolved"}, {"REC", "recurrence"}, {"RECURRENCE", "recurrence"}, {"REL", "relapse"}, {"REM", "remission"}}}
	certainties = &table{"problem confirmation (sender's own)", "Condition.verificationStatus", [][2]string{
		{"CONF", "confirmed"}, {"CONFIRMED", "confirmed"}, {"C", "confirmed"}, {"PROV", "provisional"}, {"P", "provisional"}, {"DIFF", "differential"}, {"D", "differential"}, {"REF", "refuted"}, {"U", "unconfirmed"}}}
	diagnosisTypes = &table{"0052 diagnosis type", "Condition.verificationStatus", [][2]string{
		{"W", "provisional"}, {"A", "provisional"}, {"F", "confirmed"}}}
	teamRoles = &table{"0443 provider role", "CareTeam.participant.role (our team-role)", [][2]string{
		{"PP", "primary-care"}, {"CC", "care-coordinator"}, {"CM", "care-coordinator"}}}
)

// Table is one code table as the documentation shows it.
type Table struct {
	Name, FHIR string
	Codes      [][2]string // theirs, ours
}

// Tables are all code tables, for the documentation.
func Tables() []Table {
	var out []Table
	for _, t := range []*table{genders, nameUses, addressUses, phoneUses, phoneSystems, relationships, maritals, classes, visitStates, subscribers, referralStates, priorities,
		meetingStates, meetingEvents, resultStates, reportStates, completions, availabilities, confidentialities, goalStates, problemStates, certainties, diagnosisTypes, teamRoles} {
		out = append(out, Table{t.name, t.to, t.codes})
	}
	return out
}
