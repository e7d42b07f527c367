package compliance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/fromfhir"
	"github.com/throughline/throughline/mappings/record"
)

// reading is a record that begins with a resource of a type: the types of its parts,
// how many references they may be away, and the types of what it only names.
type reading struct {
	main  string
	from  fromfhir.Mapping
	parts string
	steps int
	names string
}

// readings are the records that are read out of resources, whatever wire brought
// those: native FHIR, HL7 v2, or somebody's answer to what another one sent.
var readings = []reading{
	{"CarePlan", fromfhir.CarePlan, "Goal Condition Observation ServiceRequest CarePlan CareTeam", 1, ""},
	{"CareTeam", fromfhir.CareTeam, "RelatedPerson", 1, ""},
	{"ServiceRequest", fromfhir.Referral, "Task", 1, ""},
	{"ServiceRequest", fromfhir.WaitlistEntry, "", 0, ""},
	{"Appointment", fromfhir.Meeting, "DocumentReference Communication", 2, "CareTeam CarePlan"},
	{"Communication", fromfhir.Contact, "", 0, ""},
	{"Communication", fromfhir.AdverseNotice, "", 0, ""},
	{"Task", fromfhir.Appeal, "", 0, ""},
	{"QuestionnaireResponse", fromfhir.Assessment, "Observation", 1, ""},
	{"QuestionnaireResponse", fromfhir.ApplicationPacket, "DocumentReference", 1, ""},
	{"Basic", fromfhir.FlexibleFund, "", 0, ""},
	{"Observation", fromfhir.LevelOfCare, "", 0, ""},
	{"Encounter", fromfhir.Placement, "", 0, ""},
	{"DocumentReference", fromfhir.LinkedPlan, "", 0, ""},
	{"PractitionerRole", fromfhir.Staff, "Practitioner Basic", 2, ""},
}

// written is a record as the resources say it.
type written struct {
	partner gateway.PartnerID
	known   int64 // the newest version among its resources
	record  record.Record
	names   []string // ids of what it is made of, where it is somebody at work
}

// node is a resource with what it names and what names it.
type node struct {
	resource *fhir.Resource
	stored   *gateway.StoredResource
	next     []*node
}

// readWritten reads the records that resources make up. Resources that make up none
// are passed by.
func readWritten(nodes []*node) (out []written) {
	for _, n := range nodes {
		if n.resource.Type == "CarePlan" && n.resource.Get("partOf") != nil {
			continue // a crisis plan: it comes with its plan
		}
		for i := range readings {
			if r := &readings[i]; r.main == n.resource.Type {
				group, newest := n.group(strings.Fields(r.parts), r.steps)
				if rec, _ := r.from(append(group, n.beside(strings.Fields(r.names))...)); rec != nil {
					out = append(out, written{partner: n.stored.Source, known: newest, record: rec, names: namesOf(r, group)})
				}
			}
		}
	}
	return out
}

// namesOf are the ids by which a team may name somebody at work.
func namesOf(r *reading, group []*fhir.Resource) (out []string) {
	if r.main != "PractitionerRole" {
		return nil
	}
	for _, part := range group {
		if part.Type == "Basic" {
			continue
		}
		out = append(out, part.ID)
		for _, id := range part.Get("identifier").Items() {
			out = append(out, id.Get("value").Text())
		}
	}
	return out
}

// linked parses resources and ties them by their references, in their order.
func linked(rs []gateway.StoredResource) ([]*node, error) {
	nodes := make([]*node, len(rs))
	at := make(map[string]*node, len(rs))
	for i := range rs {
		r, issues := fhir.Parse(rs[i].JSON, fhir.Limits{})
		if r == nil {
			return nil, fmt.Errorf("%s/%s cannot be read: %d issues", rs[i].Type, rs[i].ID, len(issues))
		}
		nodes[i] = &node{resource: r, stored: &rs[i]}
		at[rs[i].Type+"/"+rs[i].ID] = nodes[i]
	}
	for _, n := range nodes {
		for _, ref := range n.resource.References() {
			typ, id, _, _ := fhir.ParseRef(ref.Value)
			if to := at[typ+"/"+id]; to != nil && to != n {
				n.next, to.next = append(n.next, to), append(to.next, n)
			}
		}
	}
	return nodes, nil
}

// group is the resource with those of its parts that are not too many references
// away, itself first, and the newest commit among them.
func (n *node) group(parts []string, steps int) (group []*fhir.Resource, newest int64) {
	seen := []*node{n}
	for from := 0; steps > 0; steps-- {
		end := len(seen)
		for ; from < end; from++ {
			for _, to := range seen[from].next {
				if slices.Contains(parts, to.resource.Type) && !slices.Contains(seen, to) {
					seen = append(seen, to)
				}
			}
		}
	}
	for _, s := range seen {
		group, newest = append(group, s.resource), max(newest, s.stored.Known)
	}
	return group, newest
}

// beside are the resources of some types that are one reference away.
func (n *node) beside(types []string) (out []*fhir.Resource) {
	for _, to := range n.next {
		if slices.Contains(types, to.resource.Type) {
			out = append(out, to.resource)
		}
	}
	return out
}

// latest joins records as they were sent with records as resources say them: of the
// two words on one record the newer counts, what was sent when both are one.
func latest(records []gateway.StoredRecord, resources []written) ([]sent[record.Record], error) {
	type name struct {
		partner  gateway.PartnerID
		kind, id string
	}
	newer := map[name]int64{}
	for _, w := range resources {
		newer[name{w.partner, w.record.Name(), w.record.ID()}] = w.known
	}
	var out []sent[record.Record]
	known := map[name]int64{}
	for i := range records {
		r := &records[i]
		key := name{r.Partner, r.Kind, r.ID}
		if known[key] = r.Known; newer[key] > r.Known {
			continue
		}
		rec, err := decode(r)
		if err != nil {
			return nil, err
		}
		out = append(out, sent[record.Record]{r.Partner, rec})
	}
	for _, w := range resources {
		if before, sentToo := known[name{w.partner, w.record.Name(), w.record.ID()}]; !sentToo || w.known > before {
			out = append(out, sent[record.Record]{w.partner, w.record})
		}
	}
	return out, nil
}
