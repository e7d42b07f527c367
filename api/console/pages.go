package console

import (
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// page is one address of the console.
type page struct {
	Pattern string // of http.ServeMux
	Nav     string // label in the navigation; empty = not there
	Rule    access.Rule
	Do      func(*visit) (*answer, error)
}

// operators run the gateway.
func operators() access.Rule {
	return access.Rule{Kinds: []gateway.PartnerKind{gateway.Operator}}
}

// overseers see the night.
func overseers() access.Rule {
	return access.Rule{Kinds: []gateway.PartnerKind{gateway.Operator, gateway.StateAgency}}
}

// payers decide on requests.
func payers() access.Rule {
	return access.Rule{Kinds: []gateway.PartnerKind{gateway.MCO}}
}

// all is every page there is, in the order of the navigation.
func (c *Console) all() []page {
	return []page{
		{"GET " + Path + "/{$}", "Now", access.Anyone(), c.home},
		{"GET " + Path + "/reviews", "Reviews", payers(), c.reviews},
		{"GET " + Path + "/reviews/{id}", "", payers(), c.review},
		{"POST " + Path + "/reviews/{id}/details", "", payers(), c.reviewDetails},
		{"POST " + Path + "/reviews/{id}/decide", "", payers(), c.decide},
		{"GET " + Path + "/worklist", "Worklist", access.Care(), c.worklist},
		{"GET " + Path + "/worklist/report/{year}", "", payers(), c.authReport},
		{"GET " + Path + "/findings", "Findings", access.Anyone(), c.findings},
		{"GET " + Path + "/findings/{id}", "", access.Anyone(), c.finding},
		{"POST " + Path + "/findings/{id}/waive", "", overseers(), c.waive},
		{"GET " + Path + "/messages", "Messages", access.Anyone(), c.messages},
		{"GET " + Path + "/messages/{id}", "", access.Anyone(), c.message},
		{"POST " + Path + "/messages/{id}/body", "", access.Anyone(), c.messageBody},
		{"POST " + Path + "/messages/{id}/discard", "", operators(), c.discard},
		{"GET " + Path + "/lanes", "Lanes", access.Anyone(), c.lanes},
		{"GET " + Path + "/lanes/{partner}/{subject}", "", access.Anyone(), c.lane},
		{"GET " + Path + "/held", "Held", access.Anyone(), c.held},
		{"POST " + Path + "/deliveries/{id}/{act}", "", operators(), c.act},
		{"GET " + Path + "/replays", "Replays", operators(), c.replays},
		{"POST " + Path + "/replays/preview", "", operators(), c.preview},
		{"POST " + Path + "/replays", "", operators(), c.start},
		{"GET " + Path + "/replays/{id}", "", operators(), c.replay},
		{"POST " + Path + "/replays/{id}/{to}", "", operators(), c.move},
		{"GET " + Path + "/partners", "Partners", operators(), c.partners},
		{"POST " + Path + "/partners/{id}/test", "", operators(), c.selfTest},
		{"GET " + Path + "/schedules", "Schedules", overseers(), c.schedules},
		{"POST " + Path + "/schedules/{name}/run", "", operators(), c.runNow},
		{"GET " + Path + "/reports", "Reports", access.Anyone(), c.reports},
		{"GET " + Path + "/reports/rollup", "", overseers(), c.rollUp},
		{"GET " + Path + "/reports/utilization", "", access.Anyone(), c.utilization},
		{"GET " + Path + "/reports/compliance", "", access.Anyone(), c.compliance},
		{"GET " + Path + "/reports/nights/{id}/{file}", "", overseers(), c.nightFile},
		{"GET " + Path + "/night", "Night", overseers(), c.night},
		{"GET " + Path + "/night/{date}", "", overseers(), c.report},
		{"GET " + Path + "/quarantine", "Quarantine", access.Anyone(), c.quarantine},
	}
}

// own narrows what is asked for to the visitor's own: only operators see all.
func (v *visit) own(asked gateway.PartnerID) gateway.PartnerID {
	if v.operator() {
		return asked
	}
	return v.partner.ID
}

func (v *visit) operator() bool { return v.partner.Kind == gateway.Operator }

func notHere() error {
	return gateway.Faultf("console", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "nothing under this address", Fix: "use the navigation; what belongs to others looks the same as what is not there"})
}
