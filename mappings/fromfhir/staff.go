package fromfhir

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Staff reads somebody at work out of a PractitionerRole, its Practitioner and the
// staff file beside them.
func Staff(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	role := s.first("PractitionerRole")
	if role == nil {
		return nil, missing("PractitionerRole")
	}
	out := &record.Staff{StaffID: id(role, "staff"), Person: display(role.Get("practitioner")), Role: anyOf("staff_role", role.Get("code")),
		EmployerID: named(role.Get("organization")), EmployerName: display(role.Get("organization")),
		Start: date(role.Get("period", "start")), End: date(role.Get("period", "end"))}
	if out.Role == "" && slices.ContainsFunc(role.Get("code").Items(), func(c *fhir.Node) bool { return coding(c, nucc) == caseManager }) {
		out.Role = "care-coordinator"
	}
	out.Programs = programsOf(role)
	s.practitioner(role.Get("practitioner"), out)
	if file := s.main("Basic", "staff"); file != nil {
		staffFile(file, out)
	}
	return out, losses(s, keeps{"Practitioner": "active name qualification", "PractitionerRole": "active period practitioner organization code", "Basic": "code subject"})
}

// programsOf are the programs that somebody works in: as extensions, or by the system
// of programs among the codes, specialties, organization, places and services of the
// role, where directories of other systems can keep them.
func programsOf(role *fhir.Resource) (out record.IDs) {
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, e := range role.Get("extension").Items() {
		if e.Get("url").Text() == codes.Extensions+"program" {
			add(value(e).Get("value").Text())
		}
	}
	for _, element := range []string{"code", "specialty"} {
		for _, c := range role.Get(element).Items() {
			add(coding(c, codes.Program))
		}
	}
	for _, element := range []string{"organization", "location", "healthcareService"} {
		for _, reference := range role.Get(element).Items() {
			if id := reference.Get("identifier"); id.Get("system").Text() == codes.Program {
				add(id.Get("value").Text())
			}
		}
	}
	return out
}

// practitioner reads the person behind a role. Credentials that another system keeps
// in its directory are credentials too, when their codes are ours.
func (s source) practitioner(reference *fhir.Node, out *record.Staff) {
	p := s.typed("Practitioner", reference)
	if p == nil {
		return
	}
	if name := first(p.Get("name")).Get("text").Text(); name != "" {
		out.Person = name
	}
	for _, id := range p.Get("identifier").Items() {
		if id.Get("system").Text() == gateway.NPI {
			out.NPI = id.Get("value").Text()
		}
	}
	for _, q := range p.Get("qualification").Items() {
		for kind, list := range credentialLists(out) {
			if code := coding(q.Get("code"), codes.Local+"staff-"+kind); code != "" {
				*list = append(*list, record.Credential{Code: code, Text: q.Get("code", "text").Text(), Issued: date(q.Get("period", "start")),
					Expires: date(q.Get("period", "end")), Issuer: display(q.Get("issuer"))})
			}
		}
	}
}

func credentialLists(out *record.Staff) map[string]*[]record.Credential {
	return map[string]*[]record.Credential{"clearance": &out.Clearances, "training": &out.Trainings, "qualification": &out.Qualifications}
}

// staffFile reads what only the employer knows.
func staffFile(r *fhir.Resource, out *record.Staff) {
	load := ext(r.Root(), "staff-load")
	out.FTE, out.OtherDuties = whole(value(extURL(load, "full-time"))), whole(value(extURL(load, "other-duties")))
	out.SupervisorID, out.Circumstances = named(value(ext(r.Root(), "supervisor"))), values(r.Root(), codes.Extensions+"circumstance")
	for _, e := range r.Get("extension").Items() {
		for kind, list := range credentialLists(out) {
			if e.Get("url").Text() == codes.Extensions+"staff-"+kind {
				*list = append(*list, record.Credential{Code: part(e, "code"), Text: part(e, "text"), Issued: record.Date(part(e, "issued")),
					Expires: record.Date(part(e, "expires")), Issuer: part(e, "issuer")})
			}
		}
	}
	out.Reviews = credentialReviews(r)
}

func credentialReviews(r *fhir.Resource) (out []record.CredentialReview) {
	for _, e := range r.Get("extension").Items() {
		if e.Get("url").Text() != codes.Extensions+"credential-review" {
			continue
		}
		out = append(out, record.CredentialReview{RequestedBy: part(e, "requested-by"), RequestedOn: record.Date(part(e, "requested-on")), Consulted: part(e, "consulted"),
			Circumstances: part(e, "circumstances"), Outcome: part(e, "outcome"), DecidedOn: record.Date(part(e, "decided-on"))})
	}
	return out
}
