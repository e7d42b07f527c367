package compliance

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/program"
)

// privacy is what the consents of a child keep back, and what is needed to ask them:
// who sits on its teams and at its meetings, and the papers of those meetings
// (http://hl7.org/fhir/R4/consent.html). Members of teams from whom things are
// withheld, and minutes that a Communication says were not sent, are records.
type privacy struct {
	consents  []*fhir.Resource
	seated    []*node                     // teams and meetings
	seats     map[seat][]string           // what whoever sits there is called
	papers    map[string][]*fhir.Resource // by key of the meeting: Appointment and minutes
	directory directory
}

// readPrivacy reads the consents of a child that count on the day; nil when none
// does. Drafts, proposals, rejected and withdrawn ones never count, nor do those whose
// scope is no privacy: a research study, a treatment, an advance directive.
func readPrivacy(nodes []*node, asOf program.Day) *privacy {
	p := &privacy{directory: directory{}}
	for _, n := range nodes {
		switch r := n.resource; r.Type {
		case "Consent":
			if r.Get("status").Text() == "active" && !anyCode(r.Get("scope"), "research", "treatment", "adr") && begun(r.Get("dateTime"), asOf) {
				p.consents = append(p.consents, r)
			}
		case "CareTeam", "Appointment":
			p.seated = append(p.seated, n)
		case "RelatedPerson":
			p.directory.add(r)
		}
	}
	if len(p.consents) == 0 {
		return nil
	}
	return p
}

// receiver is somebody to whom the minutes of a meeting go.
type receiver struct {
	names  []string
	papers []*fhir.Resource
	on     program.Day // of the meeting
	own    bool        // the child, or who gave the consent: what names nobody does not keep it from them
}

// withholds says by the word of the rules why the minutes of a meeting are kept back
// from a member; empty = they are not.
func (p *privacy) withholds(meeting string, on program.Day, at seat, youth bool, asOf program.Day) string {
	if p == nil {
		return ""
	}
	to := receiver{names: p.seats[at], papers: p.papers[meeting], on: on}
	for _, c := range p.consents {
		to.own = youth
		for _, by := range c.Get("performer").Items() {
			to.own = to.own || shared(to.names, p.directory.names(by, false))
		}
		if !p.denies(c, &to, asOf) {
			continue
		}
		for _, concept := range append(c.Get("category").Items(), c.Get("policyRule")) {
			if anyCode(concept, "no-contact-order") {
				return withheldWord("no-contact-order")
			}
		}
		return withheldWord("no-consent")
	}
	return ""
}

// denies asks the provisions of a consent, then the policy that it begins with.
func (p *privacy) denies(c *fhir.Resource, to *receiver, asOf program.Day) bool {
	if word := p.says(c.Get("provision"), to, asOf); word != "" {
		return word == "deny"
	}
	return anyCode(c.Get("policyRule"), "OPTOUT") && !to.own && within(c.Get("provision", "period"), asOf)
}

// says is what a provision decides about the minutes for the receiver: deny, permit
// or nothing. Its own provisions are exceptions to it; of several that meet, one that
// denies counts.
func (p *privacy) says(n *fhir.Node, to *receiver, asOf program.Day) string {
	if n == nil || !p.meets(n, to, asOf) {
		return ""
	}
	word := ""
	for _, exception := range n.Get("provision").Items() {
		if said := p.says(exception, to, asOf); said == "deny" || word == "" {
			word = said
		}
	}
	if word == "" && (!to.own || len(receivers(n)) > 0) {
		word = n.Get("type").Text()
	}
	return word
}

// meets says whether a provision is about the receiver and these minutes on the day.
func (p *privacy) meets(n *fhir.Node, to *receiver, asOf program.Day) bool {
	return within(n.Get("period"), asOf) && (n.Get("dataPeriod") == nil || within(n.Get("dataPeriod"), to.on)) &&
		either(n.Get("action"), "access", "disclose", "use") && either(n.Get("purpose"), "TREAT", "CAREMGT", "COC") &&
		p.receives(n, to) && covers(n, to.papers)
}

func (p *privacy) receives(n *fhir.Node, to *receiver) bool {
	actors := receivers(n)
	return len(actors) == 0 || slices.ContainsFunc(actors, func(a *fhir.Node) bool { return shared(to.names, p.directory.names(a, false)) })
}

// receivers are the actors of a provision who would receive something: a custodian
// or who has given the consent is none (http://terminology.hl7.org/ValueSet/v3-RoleClass,
// v3-ParticipationType).
func receivers(n *fhir.Node) (out []*fhir.Node) {
	for _, a := range n.Get("actor").Items() {
		if !anyCode(a.Get("role"), "CST", "CONSENTER", "GRANTOR", "DELEGATOR") {
			out = append(out, a.Get("reference"))
		}
	}
	return out
}

// covers says whether minutes are among what a provision is about: any document, or
// those of a type, with a label, or these very ones.
func covers(n *fhir.Node, papers []*fhir.Resource) bool {
	kinds := []string{"DocumentReference", "Composition", "Communication", "meeting-minutes"}
	var labels, refs []string
	for _, paper := range papers {
		refs = append(refs, string(paper.Ref()))
		labels = append(labels, codesOf(paper.Get("meta", "security"))...)
		if paper.Type == "DocumentReference" {
			kinds = append(kinds, codesOf(paper.Get("type"))...)
			labels = append(labels, codesOf(paper.Get("securityLabel"))...)
		}
	}
	data := n.Get("data").Items()
	named := slices.ContainsFunc(data, func(d *fhir.Node) bool { return slices.Contains(refs, d.Get("reference", "reference").Text()) })
	return either(n.Get("class"), kinds...) && either(n.Get("code"), kinds...) && either(n.Get("securityLabel"), labels...) && (len(data) == 0 || named)
}

// either says whether nothing is stated, or one of the codes.
func either(n *fhir.Node, wanted ...string) bool { return n == nil || anyCode(n, wanted...) }

func anyCode(n *fhir.Node, wanted ...string) bool { return shared(codesOf(n), wanted) }

// codesOf are the codes of a Coding, a CodeableConcept, or a list of either.
func codesOf(n *fhir.Node) (out []string) {
	for _, c := range n.Items() {
		if code := c.Get("code").Text(); code != "" {
			out = append(out, code)
		}
		for _, coding := range c.Get("coding").Items() {
			out = append(out, coding.Get("code").Text())
		}
	}
	return out
}

func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// within says whether a day is in a Period, whose ends may be years, months, days or
// moments: as exact as they are written. Both are inclusive.
func within(period *fhir.Node, d program.Day) bool {
	end := dateText(period.Get("end"))
	return begun(period.Get("start"), d) && (end == "" || clipped(d, end) <= end)
}

func begun(start *fhir.Node, d program.Day) bool {
	text := dateText(start)
	return text == "" || text <= clipped(d, text)
}

func dateText(n *fhir.Node) string {
	text := n.Text()
	return text[:min(len("2006-01-02"), len(text))]
}

func clipped(d program.Day, to string) string {
	text := d.String()
	return text[:min(len(text), len(to))]
}
