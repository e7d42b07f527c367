// Package mappings turns what partners send into FHIR resources, ledger facts
// and relations, and back. The walk of a record:
//
//	json or csv    the wire: text -> nodes, each with its place
//	record         nodes -> a typed record, every breach with its path
//	tofhir         record -> resources, facts, relations
//	fromfhir       resources -> record, and what was lost
//	x12            X12 transactions -> resources and back
//
// Native FHIR goes by fhirin. Everything here is pure: no I/O, no clock, no
// randomness; the same message gives the same result, so a replay does too.
package mappings

import (
	"maps"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/fhirin"
	"github.com/throughline/throughline/mappings/finding"
	"github.com/throughline/throughline/mappings/fromfhir"
	"github.com/throughline/throughline/mappings/hl7v2"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/pas"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/mappings/tofhir"
	"github.com/throughline/throughline/mappings/x12"
	"github.com/throughline/throughline/mappings/x12/claims"
)

// Mapping is one entry of the catalogue.
type Mapping struct {
	Version int
	To      gateway.Mapping
	From    fromfhir.Mapping // nil for native FHIR, which is what we keep, for what only comes in, and where Render writes it: hl7v2, x12
}

// Catalogue is every kind of message that we can map. "fhir/*" stands for all
// R4 resource types.
var Catalogue = map[gateway.Kind]Mapping{
	"json/care_plan":          {1, fromJSON("care_plan"), fromfhir.CarePlan},
	"json/care_team":          {1, fromJSON("care_team"), fromfhir.CareTeam},
	"json/referral":           {1, fromJSON("referral"), fromfhir.Referral},
	"json/authorization":      {1, fromJSON("authorization"), fromfhir.Authorization},
	"json/enrollment":         {1, fromJSON("enrollment"), fromfhir.Enrollment},
	"json/service":            {1, fromJSON("service"), fromfhir.Service},
	"json/treatment_update":   {1, fromJSON("treatment_update"), fromfhir.TreatmentUpdate},
	"json/decision":           {1, fromJSON("decision"), nil},
	"csv/decision":            {1, fromCSV("decision"), nil},
	"csv/care_plan":           {1, fromCSV("care_plan"), fromfhir.CarePlan},
	"csv/care_team":           {1, fromCSV("care_team"), fromfhir.CareTeam},
	"csv/referral":            {1, fromCSV("referral"), fromfhir.Referral},
	"csv/authorization":       {1, fromCSV("authorization"), fromfhir.Authorization},
	"csv/enrollment":          {1, fromCSV("enrollment"), fromfhir.Enrollment},
	"csv/service":             {1, fromCSV("service"), fromfhir.Service},
	"csv/treatment_update":    {1, fromCSV("treatment_update"), fromfhir.TreatmentUpdate},
	"json/staff":              {1, fromJSON("staff"), fromfhir.Staff},
	"csv/staff":               {1, fromCSV("staff"), fromfhir.Staff},
	"json/flexible_fund":      {1, fromJSON("flexible_fund"), fromfhir.FlexibleFund},
	"csv/flexible_fund":       {1, fromCSV("flexible_fund"), fromfhir.FlexibleFund},
	"json/meeting":            {1, fromJSON("meeting"), fromfhir.Meeting},
	"csv/meeting":             {1, fromCSV("meeting"), fromfhir.Meeting},
	"json/assessment":         {1, fromJSON("assessment"), fromfhir.Assessment},
	"csv/assessment":          {1, fromCSV("assessment"), fromfhir.Assessment},
	"json/contact":            {1, fromJSON("contact"), fromfhir.Contact},
	"csv/contact":             {1, fromCSV("contact"), fromfhir.Contact},
	"json/referral_answer":    {1, fromJSON("referral_answer"), nil},
	"csv/referral_answer":     {1, fromCSV("referral_answer"), nil},
	"json/level_of_care":      {1, fromJSON("level_of_care"), fromfhir.LevelOfCare},
	"csv/level_of_care":       {1, fromCSV("level_of_care"), fromfhir.LevelOfCare},
	"json/placement":          {1, fromJSON("placement"), fromfhir.Placement},
	"csv/placement":           {1, fromCSV("placement"), fromfhir.Placement},
	"json/waitlist_entry":     {1, fromJSON("waitlist_entry"), fromfhir.WaitlistEntry},
	"csv/waitlist_entry":      {1, fromCSV("waitlist_entry"), fromfhir.WaitlistEntry},
	"json/linked_plan":        {1, fromJSON("linked_plan"), fromfhir.LinkedPlan},
	"csv/linked_plan":         {1, fromCSV("linked_plan"), fromfhir.LinkedPlan},
	"json/adverse_notice":     {1, fromJSON("adverse_notice"), fromfhir.AdverseNotice},
	"csv/adverse_notice":      {1, fromCSV("adverse_notice"), fromfhir.AdverseNotice},
	"json/appeal":             {1, fromJSON("appeal"), fromfhir.Appeal},
	"csv/appeal":              {1, fromCSV("appeal"), fromfhir.Appeal},
	"json/application_packet": {1, fromJSON("application_packet"), fromfhir.ApplicationPacket},
	"csv/application_packet":  {1, fromCSV("application_packet"), fromfhir.ApplicationPacket},
	"x12/278":                 {1, x12.Request, nil},
	"x12/278-response":        {1, x12.Response, nil},
	"x12/270":                 {1, x12.EligibilityRequest, nil},
	"x12/271":                 {1, x12.EligibilityResponse, nil},
	"x12/837P":                {1, claims.Claim, nil},
	"x12/834":                 {1, claims.Enrollment, nil},
	"x12/835":                 {1, claims.Remittance, nil},
	"fhir/*":                  {1, fhirin.Interaction, nil},
	"fhir/transaction":        {1, fhirin.Transaction, nil},
	"fhir/collection":         {1, fhirin.Collection, nil},
	"hl7v2/ADT^A01":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A03":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A04":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A08":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A11":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A13":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A28":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A31":           {1, hl7v2.Map, nil},
	"hl7v2/ADT^A40":           {1, hl7v2.Map, nil},
	"hl7v2/REF^I12":           {1, hl7v2.Map, nil},
	"hl7v2/REF^I13":           {1, hl7v2.Map, nil},
	"hl7v2/REF^I14":           {1, hl7v2.Map, nil},
	"hl7v2/REF^I15":           {1, hl7v2.Map, nil},
	"hl7v2/RRI^I12":           {1, hl7v2.Map, nil},
	"hl7v2/RRI^I13":           {1, hl7v2.Map, nil},
	"hl7v2/RRI^I14":           {1, hl7v2.Map, nil},
	"hl7v2/RRI^I15":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S12":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S13":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S14":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S15":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S16":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S17":           {1, hl7v2.Map, nil},
	"hl7v2/SIU^S26":           {1, hl7v2.Map, nil},
	"hl7v2/ORU^R01":           {1, hl7v2.Map, nil},
	"hl7v2/MDM^T02":           {1, hl7v2.Map, nil},
	"hl7v2/MDM^T11":           {1, hl7v2.Map, nil},
	"hl7v2/PGL^PC6":           {1, hl7v2.Map, nil},
	"hl7v2/PGL^PC7":           {1, hl7v2.Map, nil},
	"hl7v2/PGL^PC8":           {1, hl7v2.Map, nil},
	"hl7v2/PPR^PC1":           {1, hl7v2.Map, nil},
	"hl7v2/PPR^PC2":           {1, hl7v2.Map, nil},
	"hl7v2/PPR^PC3":           {1, hl7v2.Map, nil},
	"fhir/pas-submit":         {1, pas.Submit, nil},
	"fhir/pas-response":       {1, pas.Response, nil},

	// Messages of the gateway's own, by who owns the next step.
	"finding/coordinator-agency": {1, finding.Issue, nil},
	"finding/clinic":             {1, finding.Issue, nil},
	"finding/mco":                {1, finding.Issue, nil},
	"finding/state":              {1, finding.Issue, nil},
	"finding/operator":           {1, finding.Issue, nil},
	"finding/totals":             {1, finding.Totals, nil},
}

// For finds the mapping of a kind, and the name that is recorded with what it
// makes: kind, version, and the version of the partner's own format.
func For(kind gateway.Kind, p *gateway.Partner) (gateway.Mapping, string, bool) {
	entry, ok := Catalogue[kind]
	if wire, typ, _ := strings.Cut(string(kind), "/"); !ok && wire == "fhir" && fhir.IsType(typ) {
		entry, ok = Catalogue["fhir/*"]
	}
	if !ok {
		return nil, "", false
	}
	name := versioned(kind, entry.Version, p, formatOf(kind, p))
	return pinned(kind, entry, name), name, true
}

// versioned is the name of a mapping by a version of the partner's own format.
func versioned(kind gateway.Kind, version int, p *gateway.Partner, f gateway.Format) string {
	name := string(kind) + "@" + strconv.Itoa(version)
	if f.Version != "" {
		name += "+" + string(p.ID) + "." + f.Version
	}
	return name
}

// formerly is the partner as its format was at the version that a name says, nil
// when that is not among the earlier ones.
func formerly(kind gateway.Kind, version int, p *gateway.Partner, name string) *gateway.Partner {
	for _, was := range formatOf(kind, p).Earlier {
		if versioned(kind, version, p, was) == name {
			then := *p
			then.Formats = maps.Clone(p.Formats)
			then.Formats[string(kind)], then.Formats[nameOf(kind)] = was, was
			return &then
		}
	}
	return nil
}

// pinned runs a mapping and names it, as the partner's format was at the version
// that a message is pinned to; one that is gone is held, not mapped differently.
func pinned(kind gateway.Kind, entry Mapping, newest string) gateway.Mapping {
	return func(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
		name := newest
		if m.Pin != "" && m.Pin != name {
			name, p = m.Pin, formerly(kind, entry.Version, p, m.Pin)
		}
		if p == nil {
			return nil, gateway.Faultf("map", gateway.Unmapped, fhir.Issue{Severity: fhir.Error, Code: "not-supported", Found: m.Pin, Allowed: newest, Fix: "replay without a pinned version, name the format among the earlier ones of the partner, or run the version that has it"})
		}
		out, err := entry.To(m, p)
		if out != nil {
			out.Name = name
			found, issues := decisions(p, out.Changes)
			out.Decisions, out.Issues = append(out.Decisions, found...), append(out.Issues, issues...)
		}
		return out, err
	}
}

// decisions are what a payer's ClaimResponses say about requests to it, whatever
// they came as.
func decisions(p *gateway.Partner, changes []gateway.Change) ([]gateway.Decision, fhir.Issues) {
	if p == nil || p.Kind != gateway.MCO {
		return nil, nil
	}
	return pas.Decisions(changes)
}

// formatOf is the partner's own columns and codes, by kind ("csv/service") or
// by record ("service").
func formatOf(kind gateway.Kind, p *gateway.Partner) gateway.Format {
	if f, ok := p.Formats[string(kind)]; ok {
		return f
	}
	return p.Formats[nameOf(kind)]
}

// nameOf is the record in a kind: "service" of "csv/service".
func nameOf(kind gateway.Kind) string {
	_, name, found := strings.Cut(string(kind), "/")
	if !found {
		return string(kind)
	}
	return name
}

func fromJSON(name string) gateway.Mapping {
	return func(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
		rec, issues := json.Decode(name, m.Body, formatOf(m.Kind, p).Codes)
		return mapped(rec, issues, m, p), nil
	}
}

func fromCSV(name string) gateway.Mapping {
	return func(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
		f := formatOf(m.Kind, p)
		rec, issues := csv.Decode(name, m.Body, rowOf(m.Origin), f.Columns, f.Codes)
		return mapped(rec, issues, m, p), nil
	}
}

// mapped is what a record means; a record that could not be read means nothing.
func mapped(rec record.Record, issues fhir.Issues, m *gateway.Message, p *gateway.Partner) *gateway.Mapped {
	if rec == nil {
		return &gateway.Mapped{Issues: issues}
	}
	out := tofhir.Map(rec, m, p)
	out.Issues = append(issues, out.Issues...)
	return out
}

// rowOf reads the row out of an origin, "upload.csv row 12"; a message that was
// not split begins below its header.
func rowOf(origin string) int {
	if at := strings.LastIndex(origin, "row "); at >= 0 {
		if n, err := strconv.Atoi(origin[at+len("row "):]); err == nil {
			return n
		}
	}
	return 2
}
