package compliance

import (
	"context"
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/fromfhir"
)

// seat is a member of a team or of a meeting, by the key of that.
type seat struct{ of, member string }

// sitDown finds out who sits where, once the directory knows whom references name.
func (p *privacy) sitDown() {
	p.seats, p.papers = map[seat][]string{}, map[string][]*fhir.Resource{}
	for _, n := range p.seated {
		if n.resource.Type == "CareTeam" {
			p.sit(n, fromfhir.CareTeam, "member")
			continue
		}
		p.papers[p.sit(n, fromfhir.Meeting, "actor")], _ = n.group([]string{"DocumentReference"}, 1)
	}
}

// sit keeps who takes part in a team or a meeting, under every id that a record may
// name them by, and gives the key of it.
func (p *privacy) sit(n *node, from fromfhir.Mapping, who string) string {
	rec, _ := from([]*fhir.Resource{n.resource})
	of := key(n.stored.Source, rec.ID())
	for _, part := range n.resource.Get("participant").Items() {
		names := append(p.directory.names(part.Get(who), true), p.directory.names(part.Get("onBehalfOf"), true)...)
		_, id, _, _ := fhir.ParseRef(part.Get(who, "reference").Text())
		ids := []string{part.Get("id").Text(), id, part.Get(who, "identifier", "value").Text()}
		for _, e := range part.Get("extension").Items() {
			if e.Get("url").Text() == codes.Extensions+"team-member" {
				ids = []string{e.Get("valueString").Text()}
			}
		}
		for _, member := range ids {
			if s := (seat{of, member}); member != "" && p.seats[s] == nil {
				p.seats[s] = names
			}
		}
	}
	return of
}

// directory is what resources are called by their references: "Type/id", and
// "system|value" for each identifier.
type directory map[string]*fhir.Resource

func (d directory) add(r *fhir.Resource) { d[string(r.Ref())] = r }

// names are all names of whoever a Reference names. An employment names the worker;
// of a seat (broad) it names the employer too.
func (d directory) names(reference *fhir.Node, broad bool) []string {
	var out []string
	own := func(n *fhir.Node) {
		for _, id := range n.Items() {
			if value := id.Get("value").Text(); value != "" {
				out = append(out, id.Get("system").Text()+"|"+value)
			}
		}
	}
	own(reference.Get("identifier"))
	typ, id, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	if typ == "" {
		return out
	}
	out = append(out, typ+"/"+id)
	r := d[typ+"/"+id]
	if r == nil {
		return out
	}
	own(r.Get("identifier"))
	if r.Type == "PractitionerRole" {
		out = append(out, d.names(r.Get("practitioner"), broad)...)
		if broad {
			out = append(out, d.names(r.Get("organization"), broad)...)
		}
	}
	return out
}

// asked are the references of consents, teams and meetings that lead to no resource
// about the child: "Practitioner/x".
func (p *privacy) asked() (out []string) {
	ask := func(r *fhir.Resource) {
		for _, ref := range r.References() {
			if typ, id, _, _ := fhir.ParseRef(ref.Value); typ == "Practitioner" || typ == "PractitionerRole" || typ == "Organization" {
				out = append(out, typ+"/"+id)
			}
		}
	}
	for _, c := range p.consents {
		ask(c)
	}
	for _, n := range p.seated {
		ask(n.resource)
	}
	return out
}

// introduce reads from the directory whom the consents of some children and their
// teams name, and whom those work for.
func (j *judge) introduce(ctx context.Context, all []*privacy) error {
	var refs []string
	for _, p := range all {
		refs = append(refs, p.asked()...)
	}
	known := directory{}
	for range 2 { // an employment leads to its worker and employer
		slices.Sort(refs)
		stored, err := j.Records.NamedResources(ctx, slices.Compact(refs), j.o.Known)
		if err != nil {
			return err
		}
		nodes, err := linked(stored)
		if err != nil {
			return err
		}
		refs = nil
		for _, n := range nodes {
			known.add(n.resource)
			if n.resource.Type == "PractitionerRole" {
				refs = append(refs, n.resource.Get("practitioner", "reference").Text(), n.resource.Get("organization", "reference").Text())
			}
		}
	}
	for _, p := range all {
		for ref, r := range known {
			p.directory[ref] = r
		}
		p.sitDown()
	}
	return nil
}
