package gateway

import (
	"slices"

	"github.com/throughline/throughline/fhir"
)

// labels are the security labels that narrow who may see a resource, each with
// its bit: confidentiality R and V, the sensitivities of v3-ActCode, and the
// policies of 42 CFR Part 2 and psychotherapy notes
// (http://terminology.hl7.org/CodeSystem/v3-ActCode). N, L, M, U and the plain
// behavioral-health labels that every record here could carry (MH, BH, PSY) do
// not narrow.
var labels = []string{"R", "V", "SUD", "ETH", "ETHUD", "OPIOIDUD", "PSYTHPN", "SDV", "SEX", "HIV", "STD", "VIO", "ADOL", "42CFRPart2", "HIPAAPsyNotes"}

// LabelMask is the set of bits of the given label codes; "*" is all of them.
func LabelMask(codes []string) uint64 {
	var mask uint64
	for _, code := range codes {
		if code == "*" {
			return 1<<len(labels) - 1
		}
		if i := slices.Index(labels, code); i >= 0 {
			mask |= 1 << i
		}
	}
	return mask
}

// LabelBits are the narrowing labels of a resource (meta.security).
func LabelBits(r *fhir.Resource) uint64 {
	var codes []string
	for _, coding := range r.Get("meta", "security").Items() {
		codes = append(codes, coding.Get("code").Text())
	}
	return LabelMask(slices.DeleteFunc(codes, func(c string) bool { return c == "*" }))
}
