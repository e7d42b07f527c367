package x12

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/mappings/fhirin"
	"github.com/throughline/throughline/mappings/pas"
)

// Request maps a 278 request (kind "x12/278"): the Claim with use
// preauthorization, who it names, and the submission that the payer answers.
func Request(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	out, err := reviewMapping(m, p, false)
	if err != nil || out.Issues.Errors() {
		return out, err
	}
	b, issues := PASBundle(m.Body, p)
	if b == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	out.Submission, issues = pas.SubmissionOf(b, p)
	out.Issues = append(out.Issues, issues...)
	return out, nil
}

// Response maps a 278 response (kind "x12/278-response"): the ClaimResponse, and
// what the ledger learns of it.
func Response(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return reviewMapping(m, p, true)
}

func reviewMapping(m *gateway.Message, p *gateway.Partner, response bool) (*gateway.Mapped, error) {
	r, issues := review(m.Body, p, response)
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	changes, wrong := r.Entries(p).Changes()
	return fhirin.Projected(m, p, changes, append(issues, wrong...)), nil
}

// review reads a message as a 278 of one direction.
func review(body []byte, p *gateway.Partner, response bool) (*Review, fhir.Issues) {
	t, wrong := wire.Parse(body)
	if wrong == nil {
		wrong = t.Check()
	}
	if wrong != nil {
		return nil, fhirIssues(wrong)
	}
	r, issues := ReadReview(t, p.Zone)
	if r != nil && r.Response != response {
		allowed := map[bool]string{false: "13, a request", true: "11, a response"}[response]
		return nil, fhir.Issues{fhirIssue(wire.Issue{Place: wire.First(t.Body(), "BHT").Place(2, 0), Code: wire.ElementCode, Found: "the other direction", Allowed: allowed, Fix: "send it under its own kind"})}
	}
	return r, issues
}

// PASBundle is the collection that Da Vinci PAS exchanges of a 278 request or
// response: the same resources that the mapping keeps.
func PASBundle(body []byte, p *gateway.Partner) (*fhir.Resource, fhir.Issues) {
	response := false
	if t, wrong := wire.Parse(body); wrong == nil {
		response = wire.First(t.Body(), "BHT").Elem(2) == "11"
	}
	r, issues := review(body, p, response)
	if r == nil {
		return nil, issues
	}
	b, wrong := r.Entries(p).Bundle()
	return b, append(issues, wrong...)
}

// Render writes a delivery that holds a preauthorization as a 278: a
// ClaimResponse is a response, else a Claim is a request. The parcel is the
// transaction from ST to SE; its envelope is the sender's, who finds the values
// of GS01 and GS08 in the header.
func Render(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	rs := make([]*fhir.Resource, 0, len(d.Resources))
	for _, r := range d.Resources {
		if r == nil {
			return nil, gateway.Faultf("render", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "a deletion", Allowed: "requests and decisions", Fix: "send a cancellation: a request with certification type 3"})
		}
		rs = append(rs, r)
	}
	body, _, err := Write278(rs, p)
	if err != nil {
		return nil, err
	}
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "x12/278", Body: body, Header: map[string]string{"GS01": "HI", "GS08": Version278}}, nil
}

// Write278 writes resources, or the Bundle that holds them, as a 278 from ST to
// SE; the issues say what it leaves behind.
func Write278(rs []*fhir.Resource, p *gateway.Partner) ([]byte, fhir.Issues, error) {
	read := RequestReview
	if sourceOf(rs, p).first("ClaimResponse") != nil {
		read = ResponseReview
	}
	r, issues := read(rs, p)
	if issues.Errors() {
		wrong := slices.DeleteFunc(slices.Clone(issues), func(i fhir.Issue) bool { return i.Severity != fhir.Error })
		return nil, issues, &gateway.Fault{Op: "render", Code: gateway.Unmapped, Issues: wrong}
	}
	body, altered := r.Write("0001", p.Zone)
	if t, _ := wire.Parse(wire.Envelope{}.Wrap("HI", Version278, body)); t != nil {
		if wrong := t.Check(); wrong != nil { // a text too long for its element, a code that X12 does not know
			return nil, issues, &gateway.Fault{Op: "render", Code: gateway.Unmapped, Issues: fhirIssues(wrong)}
		}
	}
	return body, append(issues, altered...), nil
}
