package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// identified is whom a Patient of a message stands for.
type identified struct {
	person string               // "" = nobody yet
	ids    []gateway.Identifier // what names the person from now on
	found  map[gateway.Identifier]string
	joins  []string // persons that turn out to be the same one
	apart  []string // persons that a human told apart from it
}

// doubt is why a message cannot be given to a person by a machine.
type doubt struct {
	cause   string
	persons []string
}

// The causes of a review.
const (
	causeTwo    = "ids of two persons"
	causeVitals = "another name or birth date"
	causeMerge  = "a merge the sender may not ask for"
)

// identify finds whom the Patients of the message stand for. It only reads, so
// that a message in doubt can be held before it has changed anything. Names and
// birth dates never join two persons; they only keep them apart.
func (a *applying) identify(ctx context.Context) error {
	if err := a.decided(ctx); err != nil {
		return err
	}
	changes := a.r.Mapped.Changes
	for i := range changes {
		if changes[i].Type != "Patient" || changes[i].Resource == nil {
			continue
		}
		who, err := a.identifyPatient(ctx, &changes[i])
		if err != nil {
			return err
		}
		a.patients[changes[i].Resource] = who
	}
	return a.doubtMerges(ctx)
}

// decided reads what a human said about this message, when it is replayed.
func (a *applying) decided(ctx context.Context) error {
	if a.r.Generation == 0 {
		return nil
	}
	err := a.t.row(ctx, "select state from person_review where message = $1", string(a.r.Message.ID)).Scan(&a.decision)
	if noRows(err) {
		return nil
	}
	return err
}

func (a *applying) identifyPatient(ctx context.Context, c *gateway.Change) (*identified, error) {
	who := &identified{ids: a.identifiers(c.Resource), found: map[gateway.Identifier]string{}}
	if c.Op == gateway.Update && c.ID != "" {
		person, err := a.personOfPatientRef(ctx, "Patient/"+c.ID, c.ID)
		if err != nil {
			return nil, err
		}
		who.person = person
	}
	if err := a.s.findPersons(ctx, a.t, who.ids, who.found); err != nil {
		return nil, err
	}
	if a.decision == reviewSeparated {
		a.separate(who)
		return who, nil
	}
	candidates := who.candidates()
	if len(candidates) > 1 {
		return who, a.choose(ctx, who, candidates)
	}
	if len(candidates) == 1 {
		who.person = candidates[0]
		return who, a.sameVitals(ctx, c, who)
	}
	return who, nil
}

// candidates are the distinct persons that the ids name, the one named by the
// resource's own id first, then by trusted ids.
func (who *identified) candidates() []string {
	var out []string
	add := func(p string) {
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	add(who.person)
	for _, id := range who.ids {
		add(who.found[id])
	}
	return out
}

// separate follows a human who said that the message is not about the person of
// its trusted ids: its own ids alone count.
func (a *applying) separate(who *identified) {
	who.apart = who.candidates()
	who.ids = slices.DeleteFunc(who.ids, func(id gateway.Identifier) bool {
		if !a.s.trusted(id.System) {
			return false
		}
		a.set[id] = who // its facts follow the Patient
		return true
	})
	if who.person == "" {
		who.person = firstPerson(who.ids, who.found)
	}
	if a.decision == reviewSeparated && len(who.apart) == 1 && who.person == who.apart[0] { // its own ids name the one it is not
		who.person, who.ids = "", nil
	}
	who.apart = slices.DeleteFunc(who.apart, func(p string) bool { return p == who.person })
}

// choose decides about ids that name several persons: they are one when nothing
// speaks against it, and the sender is known to serve those that move.
func (a *applying) choose(ctx context.Context, who *identified, candidates []string) error {
	apart, err := a.s.toldApart(ctx, a.t, candidates)
	if err != nil {
		return err
	}
	if apart {
		a.separate(who)
		return nil
	}
	ordered, err := a.s.bySeniority(ctx, a.t, candidates)
	if err != nil {
		return err
	}
	who.person, who.joins = ordered[0], ordered[1:]
	if a.decision == reviewLinked {
		return nil
	}
	one, err := a.mayBeOne(ctx, ordered)
	if err == nil && !one {
		a.doubts = append(a.doubts, doubt{causeTwo, ordered})
	}
	return err
}

// mayBeOne says whether persons may be joined without a human.
func (a *applying) mayBeOne(ctx context.Context, persons []string) (bool, error) {
	if err := a.knownTo(ctx, persons); err != nil {
		return false, err
	}
	for _, p := range persons[1:] {
		if !a.known[p] {
			return false, nil
		}
	}
	if conflict, err := a.s.conflictingIDs(ctx, a.t, persons); err != nil || conflict {
		return false, err
	}
	all, err := a.s.vitalsOf(ctx, a.t, persons)
	if err != nil {
		return false, err
	}
	for i := range all {
		for j := range i {
			if all[i].person != all[j].person && all[i].clashes(&all[j]) {
				return false, nil
			}
		}
	}
	return true, nil
}

// sameVitals holds a message whose trusted id names a child with another name
// or birth date: a twin, a sibling, or a wrong digit.
func (a *applying) sameVitals(ctx context.Context, c *gateway.Change, who *identified) error {
	mine := vitalsIn(c.Resource.JSON)
	if a.decision == reviewLinked || mine.empty() || !slices.ContainsFunc(who.ids, func(id gateway.Identifier) bool { return a.s.trusted(id.System) && who.found[id] != "" }) {
		return nil
	}
	all, err := a.s.vitalsOf(ctx, a.t, []string{who.person})
	if err != nil || len(all) == 0 {
		return err
	}
	own := ""
	if a.speaksOfItsOwn(c, who) {
		if own, err = a.ownPatient(ctx, c); err != nil {
			return err
		}
	}
	clash := false
	for i := range all {
		if all[i].agrees(&mine) {
			return nil
		}
		clash = clash || all[i].clashes(&mine) && all[i].resource != own
	}
	if clash {
		a.doubts = append(a.doubts, doubt{causeVitals, []string{who.person}})
	}
	return nil
}

// speaksOfItsOwn says whether the message names the child by what the sender
// itself calls it, or has no such name at all. A record number that is new here,
// beside a trusted id that is not, is rather a twin with the wrong id.
func (a *applying) speaksOfItsOwn(c *gateway.Change, who *identified) bool {
	if c.ID != "" || c.SourceID != "" {
		return true
	}
	own := slices.DeleteFunc(slices.Clone(who.ids), func(id gateway.Identifier) bool { return a.s.trusted(id.System) })
	return len(own) == 0 || slices.ContainsFunc(own, func(id gateway.Identifier) bool { return who.found[id] == who.person })
}

// ownPatient is the id of the Patient that the change replaces, "" for a new one:
// a sender may correct what it said itself.
func (a *applying) ownPatient(ctx context.Context, c *gateway.Change) (id string, err error) {
	switch {
	case c.ID != "":
		return c.ID, nil
	case c.SourceID != "":
		return a.s.sourceRef(ctx, a.t, a.caller.Partner, c.SourceID)
	}
	for _, key := range append([]gateway.Identifier{c.Key}, c.Alias...) {
		if key.Value == "" || id != "" {
			continue
		}
		err = a.t.row(ctx, "select resource from identity where type = 'Patient' and system = $1 and value = $2", key.System, key.Value).Scan(&id)
		if err != nil && !noRows(err) {
			return "", err
		}
	}
	return id, nil
}

// hold keeps a message in doubt for a human, in place of applying it.
func (a *applying) hold(ctx context.Context) error {
	held := *a.r
	held.State = gateway.Held
	first := a.doubts[0]
	held.Fault = gateway.Faultf("identify", gateway.Ambiguous, fhir.Issue{Code: "conflict", Found: first.cause,
		Allowed: "identifiers of one child, with its name and birth date", Fix: "nothing to send again: a person decides whose record it is"})
	a.r = &held
	var persons []string
	for _, d := range a.doubts {
		persons = append(persons, d.persons...)
	}
	slices.Sort(persons)
	persons = slices.Compact(persons)
	a.t.put(`insert into person_review (id, message, partner, cause, persons, state, at) values ($1, $2, $3, $4, $5, 'open', $6)
		on conflict (message) do update set cause = excluded.cause, persons = excluded.persons, state = 'open', at = excluded.at`,
		fmt.Sprintf("r%s", newID(randomBucket())[:12]), string(a.r.Message.ID), string(a.caller.Partner), first.cause, strings.Join(persons, ","), a.now.UnixMicro())
	return nil
}
