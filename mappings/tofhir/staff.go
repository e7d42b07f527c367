package tofhir

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// staffMember makes the Practitioner and the role, which are in the directory and
// open to all partners, and the credential reviews, which only the sender sees.
func (k *maker) staffMember(s *record.Staff) {
	key := k.key("staff", s.StaffID)
	ids := fhir.List{identifier(key), identifier(k.key("provider", s.StaffID))}
	if s.NPI != "" {
		ids = append(ids, identifier(gateway.Identifier{System: gateway.NPI, Value: s.NPI}))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Practitioner",
		"identifier", ids,
		"active", s.End == "",
		"name", fhir.List{fhir.Obj("text", s.Person)},
		"qualification", append(append(credentials("qualification", s.Qualifications), credentials("clearance", s.Clearances)...), credentials("training", s.Trainings)...)))
	k.put(gateway.Upsert, key, k.staffRole(s, key))
	if len(s.Reviews) > 0 {
		k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Basic",
			"extension", each(s.Reviews, credentialReview),
			"identifier", fhir.List{identifier(key)},
			"code", concept(codes.Local+"record", "credential-review"),
			"subject", k.ref("Practitioner", key)))
	}
}

func (k *maker) staffRole(s *record.Staff, key gateway.Identifier) fhir.Object {
	extensions := fhir.List{nested(codes.Extensions+"staff-load", percent("full-time", s.FTE), percent("other-duties", s.OtherDuties))}
	if s.SupervisorID != "" {
		extensions = append(extensions, ext("supervisor", "valueReference", k.provider("Practitioner", s.SupervisorID, "")))
	}
	for _, program := range s.Programs {
		extensions = append(extensions, ext("program", "valueIdentifier", programID(program)))
	}
	for _, c := range s.Circumstances {
		extensions = append(extensions, ext("circumstance", "valueCode", c))
	}
	return fhir.Obj("resourceType", "PractitionerRole",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"active", s.End == "",
		"period", period(s.Start, s.End),
		"practitioner", k.ref("Practitioner", key).With("display", s.Person),
		"organization", k.provider("Organization", s.EmployerID, s.EmployerName),
		"code", fhir.List{coded("staff_role", s.Role)})
}

// credentials are qualifications of one of our code systems: staff-clearance.
func credentials(kind string, list []record.Credential) fhir.List {
	return each(list, func(c record.Credential) any {
		return fhir.Obj("code", concept(codes.Local+"staff-"+kind, c.Code).With("text", c.Text),
			"period", period(c.Issued, c.Expires),
			"issuer", logical("Organization", gateway.Identifier{}, c.Issuer))
	})
}

func credentialReview(r record.CredentialReview) any {
	return nested(codes.Extensions+"credential-review",
		part("requested-by", "valueString", r.RequestedBy), part("requested-on", "valueDate", string(r.RequestedOn)), part("consulted", "valueString", r.Consulted),
		part("circumstances", "valueString", r.Circumstances), part("outcome", "valueString", r.Outcome), part("decided-on", "valueDate", string(r.DecidedOn)))
}

// percent is a part that holds a share; 0 says nothing.
func percent(name string, n int64) fhir.Object {
	if n == 0 {
		return fhir.Object{}
	}
	return fhir.Obj("url", name, "valueDecimal", fhir.Number(strconv.FormatInt(n, 10)))
}
