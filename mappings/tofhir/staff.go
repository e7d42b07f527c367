package tofhir

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// staffMember makes the Practitioner and the role, which are in the directory and
// open to all partners, and the staff file, which only the sender sees.
func (k *maker) staffMember(s *record.Staff) {
	key := k.key("staff", s.StaffID)
	ids := fhir.List{identifier(key), identifier(k.key("provider", s.StaffID))}
	if s.NPI != "" {
		ids = append(ids, identifier(gateway.Identifier{System: gateway.NPI, Value: s.NPI}))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Practitioner",
		"identifier", ids,
		"active", s.End == "",
		"name", fhir.List{fhir.Obj("text", s.Person)}))
	k.put(gateway.Upsert, key, k.staffRole(s, key))
	k.put(gateway.Upsert, key, k.staffFile(s, key))
}

func (k *maker) staffRole(s *record.Staff, key gateway.Identifier) fhir.Object {
	var extensions fhir.List
	for _, program := range s.Programs {
		extensions = append(extensions, ext("program", "valueIdentifier", programID(program)))
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

// staffFile is what an employer knows of its staff and a directory does not tell:
// clearances, trainings, qualifications, share of full time, supervisor, reviews. It
// is about no child and no directory, so nobody but its sender may read it.
func (k *maker) staffFile(s *record.Staff, key gateway.Identifier) fhir.Object {
	extensions := fhir.List{nested(codes.Extensions+"staff-load", percent("full-time", s.FTE), percent("other-duties", s.OtherDuties))}
	if s.SupervisorID != "" {
		extensions = append(extensions, ext("supervisor", "valueReference", k.provider("Practitioner", s.SupervisorID, "")))
	}
	for _, c := range s.Circumstances {
		extensions = append(extensions, ext("circumstance", "valueCode", c))
	}
	extensions = append(extensions, credentials("qualification", s.Qualifications)...)
	extensions = append(extensions, credentials("clearance", s.Clearances)...)
	extensions = append(extensions, credentials("training", s.Trainings)...)
	extensions = append(extensions, each(s.Reviews, credentialReview)...)
	return fhir.Obj("resourceType", "Basic",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"code", concept(codes.Local+"record", "staff-file"),
		"subject", k.ref("Practitioner", key))
}

// credentials are parts of a staff file: staff-clearance.
func credentials(kind string, list []record.Credential) fhir.List {
	return each(list, func(c record.Credential) any {
		return nested(codes.Extensions+"staff-"+kind, part("code", "valueCode", c.Code), part("text", "valueString", c.Text),
			part("issued", "valueDate", string(c.Issued)), part("expires", "valueDate", string(c.Expires)), part("issuer", "valueString", c.Issuer))
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
