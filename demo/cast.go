package demo

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/gateway"
)

// clinic is one of the three clinics of config/demo.yaml; a test holds the two
// together.
type clinic struct {
	id, name, npi string
	ehr           string // partner that is its EHR; empty = it fills in the template
	ehrNPI        string
	letter        string // in the ids of its records
}

var clinics = []clinic{
	{"clinic-a", "Alder Outpatient Clinic", "1999900016", "ehr-a", "1999900040", "A"},
	{"clinic-b", "Birch Day Treatment", "1999900024", "ehr-b", "1999900057", "B"},
	{"clinic-c", "Cedar Family Clinic", "1999900032", "", "", "C"},
}

// The other partners of config/demo.yaml.
const (
	state      = gateway.PartnerID("state")
	agency     = gateway.PartnerID("agency-a")
	agencyName = "Aspen Care Coordination Agency"
	agencyNPI  = "1999900065"
	vendorName = "Respite vendor 07"
	vendor     = "RESPITE-07" // respite has no NPI: the payers' own id
)

var (
	programs = []string{"ny-hcbs-waiver", "individual-service-coordination", "wraparound", "il-part-125", "il-icg"}
	payers   = []string{"mco-a", "mco-b"} // each is the partner of the same id
)

func otherPayer(payer string) string { return payers[1-slices.Index(payers, payer)] }

// offer is a kind of care as a program usually asks for it; all units are
// quarter hours, trips or pieces that the payers call UN.
type offer struct {
	code, mods string
	name       string
	visit      int64  // units of a usual visit
	by         string // "clinic", "agency", "vendor"
}

// offers of a program: therapy, coordination, support.
var offers = map[string][3]offer{
	"ny-hcbs-waiver":                  {{"H2021", "HA", "Intensive in-home service", 8, "clinic"}, {"T1016", "HA", "Individualized care coordination", 4, "agency"}, {"S5150", "HA", "Respite", 16, "vendor"}},
	"individual-service-coordination": {{"H0036", "HA", "Psychiatric supportive treatment", 4, "clinic"}, {"T1017", "", "Service coordination", 4, "agency"}, {"H0038", "HA", "Youth peer support", 4, "clinic"}},
	"wraparound":                      {{"H2021", "HA", "Community wraparound", 8, "clinic"}, {"T1016", "HA", "Wraparound facilitation", 4, "agency"}, {"S9482", "HA", "Family stabilization", 6, "clinic"}},
	"il-part-125":                     {{"H2014", "HA HN", "Skills training", 8, "clinic"}, {"T1016", "", "Service coordination", 4, "agency"}, {"T2003", "", "Transport to treatment", 2, "vendor"}},
	"il-icg":                          {{"H2019", "HA", "Therapeutic behavioral service", 6, "clinic"}, {"T1016", "", "Grant coordination", 4, "agency"}, {"S5150", "HA", "Respite", 12, "vendor"}},
}

// caseloads deal the children of a program out to its coordinators. The first of
// each has more than the others, so that a caseload over its program's ratio
// can be seen: six in ny-hcbs-waiver, fifteen in wraparound.
var caseloads = map[string][]int{
	"ny-hcbs-waiver":                  {0, 0, 1, 2, 3, 4, 5, 6, 7, 8},
	"individual-service-coordination": {0, 0, 1},
	"wraparound":                      {0, 0, 0, 1, 2, 3, 4},
	"il-part-125":                     {0, 0, 1},
	"il-icg":                          {0, 0, 1},
}

// coordinator of the n-th child of a program.
func coordinator(program, n int) (id, name string) {
	deal := caseloads[programs[program]]
	at := deal[n%len(deal)]
	k := program*9 + at
	return fmt.Sprintf("CC-%d%d", program+1, at+1), coordinatorGiven[k%len(coordinatorGiven)] + " " + coordinatorFamily[(k*5+k/len(coordinatorFamily))%len(coordinatorFamily)]
}

// npiOf is who delivers an offer, as records name it.
func (c *clinic) npiOf(by string) string {
	switch by {
	case "agency":
		return agencyNPI
	case "vendor":
		return vendor
	}
	return c.npi
}

// sender is the partner that reports an offer's services: vendors report by the
// agency.
func (c *clinic) sender(by string) gateway.PartnerID {
	if by == "clinic" {
		return gateway.PartnerID(c.id)
	}
	return agency
}
