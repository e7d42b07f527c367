package store

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// subjects finds the person of every change and every fact: Patients first, by
// their identifiers, then everything that refers to a Patient.
func (a *applying) subjects(ctx context.Context) error {
	changes := a.r.Mapped.Changes
	a.plans = make([]planned, len(changes))
	for i := range changes {
		a.plans[i].Change = &changes[i]
		if changes[i].Type != "Patient" || changes[i].Resource == nil {
			continue
		}
		person, err := a.personOfPatient(ctx, &changes[i])
		if err != nil {
			return err
		}
		a.plans[i].person = person
		a.remember(&changes[i], person)
	}
	for i := range a.plans {
		if err := a.subject(ctx, &a.plans[i]); err != nil {
			return err
		}
	}
	return a.members(ctx)
}

// remember lets references of the message find the Patient's person.
func (a *applying) remember(c *gateway.Change, person string) {
	for _, ref := range []string{c.FullURL, c.SourceID, ownRef(c)} {
		if ref != "" {
			a.byRef[ref] = person
		}
	}
}

// ownRef is the reference the sender's body gives itself: "Patient/123".
func ownRef(c *gateway.Change) string {
	if c.Resource == nil || c.Resource.ID == "" {
		return ""
	}
	return string(c.Resource.Ref())
}

// personOfPatient makes the person a Patient resource stands for, unless
// identify has found one, and lets all its identifiers name it.
func (a *applying) personOfPatient(ctx context.Context, c *gateway.Change) (string, error) {
	who := a.patients[c.Resource]
	if who == nil { // a later step has added it: its own ids are enough
		who = &identified{ids: a.identifiers(c.Resource), found: map[gateway.Identifier]string{}}
		a.patients[c.Resource] = who
		if err := a.s.findPersons(ctx, a.t, who.ids, who.found); err != nil {
			return "", err
		}
		who.person = firstPerson(who.ids, who.found)
	}
	if who.person == "" && len(a.patients) > 1 { // another Patient of this message may have made it
		if err := a.s.findPersons(ctx, a.t, who.ids, who.found); err != nil {
			return "", err
		}
		who.person = firstPerson(who.ids, who.found)
	}
	if who.person == "" {
		if err := a.newPerson(ctx, who); err != nil {
			return "", err
		}
	}
	for _, id := range who.ids {
		if who.found[id] == "" {
			a.t.put("insert into patient_xref (system, value, person) values ($1, $2, $3) on conflict do nothing", id.System, id.Value, who.person)
		}
	}
	for _, gone := range who.joins {
		if err := a.join(ctx, gone, who.person); err != nil {
			return "", err
		}
	}
	for _, other := range who.apart {
		tellApart(a.t, who.person, other)
	}
	return who.person, nil
}

func (a *applying) newPerson(ctx context.Context, who *identified) error {
	if len(who.ids) == 0 {
		who.person = a.s.putPerson(a.t)
		a.fresh[who.person] = true
		return nil
	}
	people, fresh, err := a.s.personsOf(ctx, a.t, who.ids[:1])
	if err != nil {
		return err
	}
	who.person = people[who.ids[0]]
	a.fresh[who.person] = fresh[who.person]
	return nil
}

func firstPerson(ids []gateway.Identifier, found map[gateway.Identifier]string) string {
	for _, id := range ids {
		if p := found[id]; p != "" {
			return p
		}
	}
	return ""
}

// identifiers are the Patient's identifiers as patient_xref keys, those of
// trusted systems first.
func (a *applying) identifiers(r *fhir.Resource) []gateway.Identifier {
	var trusted, own []gateway.Identifier
	for _, n := range r.Get("identifier").Items() {
		id := gateway.Identifier{System: n.Get("system").Text(), Value: n.Get("value").Text()}
		if id.Value == "" {
			continue
		}
		if key := a.s.xref(a.caller.Partner, id); key == id {
			trusted = append(trusted, key)
		} else {
			own = append(own, key)
		}
	}
	return append(trusted, own...)
}

// subject finds the person of a change that is not a Patient.
func (a *applying) subject(ctx context.Context, p *planned) error {
	if p.person != "" || p.Resource == nil {
		return nil
	}
	if p.Person != "" { // it may have become another's since the gateway has looked
		err := a.t.row(ctx, "select case when moved_to = '' then id else moved_to end from person where id = $1", p.Person).Scan(&p.person)
		if noRows(err) {
			return nil
		}
		return err
	}
	person, err := a.personOfRef(ctx, search.Subject(p.Resource, func(ref string) bool { return a.byRef[ref] != "" }))
	if err != nil || person != "" {
		p.person = person
		return err
	}
	id := subjectIdentifier(p.Resource)
	if id.Value == "" {
		return nil
	}
	p.person, err = a.personOfMember(ctx, id)
	return err
}

// subjectIdentifier is the logical reference to the Patient, if that is all
// there is (Reference.identifier).
func subjectIdentifier(r *fhir.Resource) gateway.Identifier {
	for _, element := range []string{"subject", "patient", "beneficiary", "for", "individual"} {
		id := r.Get(element, "identifier")
		if v := id.Get("value").Text(); v != "" && r.Get(element, "type").Text() != "Group" {
			return gateway.Identifier{System: id.Get("system").Text(), Value: v}
		}
	}
	return gateway.Identifier{}
}

// personOfRef finds the person of a reference to a Patient: one of this message,
// one the sender may see, or one by the sender's own id.
func (a *applying) personOfRef(ctx context.Context, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	if person, ok := a.byRef[ref]; ok {
		return person, nil
	}
	if strings.HasPrefix(ref, "Patient?") {
		if err := a.conditionalReference(ctx, ref); err != nil {
			return "", err
		}
		return a.personOfRef(ctx, a.foreign[ref])
	}
	typ, id, _, absolute := fhir.ParseRef(ref)
	if typ != "Patient" || absolute {
		return "", nil
	}
	person, err := a.personOfPatientRef(ctx, typ+"/"+id, id)
	if err == nil {
		a.byRef[ref] = person
	}
	return person, err
}

// personOfPatientRef asks in one query for the Patient of this id or of the
// sender's own id, its person, and whether the sender is known to serve it.
func (a *applying) personOfPatientRef(ctx context.Context, ref, id string) (person string, err error) {
	args := []any{id, string(a.caller.Partner), ref}
	seen, serves := visible(a.caller, "r", &args), confirmed(a.caller, &args)
	var found string
	var known bool
	err = a.t.row(ctx, `select r.id, r.person, exists (select 1 from relation rel where rel.person = r.person and rel.hi >= rel.lo and `+serves+`) from resource r
		where r.type = 'Patient' and r.id in ($1, (select substr(f.resource, 9) from source_ref f where f.partner = $2 and f.ref = $3)) and `+seen+`
		order by case when r.id = $1 then 0 else 1 end limit 1`, args...).Scan(&found, &person, &known)
	if noRows(err) {
		return "", nil
	}
	if err == nil {
		a.foreign[ref] = "Patient/" + found
		a.known[person] = known
	}
	return person, err
}

// refSystem marks a fact's member that is known by a reference only.
const refSystem = "ref"

// personOfMember finds or makes the person of a member identifier.
func (a *applying) personOfMember(ctx context.Context, id gateway.Identifier) (string, error) {
	if id.System == refSystem {
		return a.personOfRef(ctx, id.Value)
	}
	if person := a.people[id]; person != "" {
		return person, nil
	}
	if who := a.set[id]; who != nil {
		return who.person, nil
	}
	key := a.s.xref(a.caller.Partner, id)
	if person := a.namedHere(key); person != "" {
		a.people[id] = person
		return person, nil
	}
	people, fresh, err := a.s.personsOf(ctx, a.t, []gateway.Identifier{key})
	if err != nil {
		return "", err
	}
	person := people[key]
	a.fresh[person] = a.fresh[person] || fresh[person]
	a.people[id] = person
	return person, nil
}

// namedHere is the person of a Patient of the message that has the identifier: it
// has been looked up already.
func (a *applying) namedHere(key gateway.Identifier) string {
	for _, who := range a.patients {
		if found := who.found[key]; slices.Contains(who.ids, key) && (found == "" || found == who.person) {
			return who.person
		}
	}
	return ""
}

// members finds the persons of the facts and relations.
func (a *applying) members(ctx context.Context) error {
	var ids []gateway.Identifier
	f := a.r.Mapped.Facts
	for i := range f.Lines {
		ids = append(ids, f.Lines[i].Member)
	}
	for i := range f.Auths {
		ids = append(ids, f.Auths[i].Member)
	}
	for i := range f.Spans {
		ids = append(ids, f.Spans[i].Member)
	}
	for i := range f.Advices {
		ids = append(ids, f.Advices[i].Member)
	}
	for i := range f.Plans {
		ids = append(ids, f.Plans[i].Member)
	}
	for i := range f.Records {
		if f.Records[i].Member.Value != "" {
			ids = append(ids, f.Records[i].Member)
		}
	}
	for _, rel := range a.r.Mapped.Relations {
		if rel.Subject == "" && rel.Member.Value != "" {
			ids = append(ids, rel.Member)
		}
	}
	for _, id := range distinct(ids) {
		person, err := a.personOfMember(ctx, id)
		if err != nil {
			return err
		}
		a.people[id] = person
	}
	return nil
}
