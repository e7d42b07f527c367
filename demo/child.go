package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// child is one made-up child with everything that partners will send about it.
type child struct {
	n       int
	day     ledger.Day // today
	rand    *rand.Rand
	clinic  *clinic
	program string
	payer   string

	member        string
	given, family string
	caregiver     string
	relation      string
	born          ledger.Day
	gender        string
	coordinatorID string
	coordinator   string

	letters []letter // all but the services
	auths   []*record.Authorization
	visits  []visit
	mail    []*gateway.Message // what is left to be sent as messages, in order
}

// letter is a record on its way from a partner.
type letter struct {
	from gateway.PartnerID
	rec  record.Record
}

// visit is a service line on its way from whoever delivered it.
type visit struct {
	from gateway.PartnerID
	record.Service
	on ledger.Day
}

const seedOfChance = 20_26

// newChild makes up the child of a number, with all its records.
func newChild(day ledger.Day, n int) *child {
	c := &child{n: n, day: day, rand: rand.New(rand.NewPCG(seedOfChance, uint64(n))),
		clinic: &clinics[n/len(programs)%len(clinics)], program: programs[n%len(programs)], payer: payers[n/15%len(payers)]}
	c.person()
	c.enroll(day-ledger.Day(120+c.rand.IntN(240)), ledger.Forever, c.payer)
	c.authorize()
	c.live()
	if !c.showcase() {
		c.plant()
	}
	c.planOfCare()
	c.team()
	c.refer()
	c.update()
	return c
}

// showcase says that the child is the example of its clinic: nothing is planted
// on it, and its numbers are round.
func (c *child) showcase() bool { return c.n == 0 || c.n == 20 || c.n == 10 }

func (c *child) person() {
	c.member = memberID(c.n)
	c.family = familyNames[(c.n*7+c.n/len(familyNames))%len(familyNames)]
	c.given = givenNames[(c.n*11+3)%len(givenNames)]
	c.caregiver = elderNames[c.n*4%len(elderNames)] + " " + c.family
	c.relation = []string{"mother", "father", "grandparent", "aunt", "foster-parent"}[c.rand.IntN(5)]
	c.gender = []string{"female", "male", "other"}[min(c.rand.IntN(9)/4, 2)]
	c.born = c.day - ledger.Day(7*365+c.rand.IntN(10*365))
	c.coordinatorID, c.coordinator = coordinator(c.n%len(programs), c.n/len(programs))
}

// memberID of a child: SYN says that nobody is behind it.
func memberID(n int) string { return fmt.Sprintf("SYN9%06d", n+1) }

// id of one of the child's records.
func (c *child) id(kind string, k int) string {
	return fmt.Sprintf("%s-%s%04d-%d", kind, c.clinic.letter, c.n+1, k)
}

func (c *child) about() record.Member { return record.Member{MemberID: c.member} }

// date words a day; Forever is an open end.
func date(d ledger.Day) record.Date { return record.Date(d.String()) }

// at is a moment of a day in UTC, which is the middle of the day in America.
func at(d ledger.Day, hour, minute int) record.Instant {
	return record.Instant(fmt.Sprintf("%sT%02d:%02d:00Z", d, hour, minute))
}

func (c *child) say(from gateway.PartnerID, rec record.Record) {
	c.letters = append(c.letters, letter{from, rec})
}

// enroll is one span, told by the state.
func (c *child) enroll(start, end ledger.Day, payer string) {
	c.say(state, &record.Enrollment{
		Member: c.about(), Start: date(start), End: date(end), Payer: payer, Program: c.program, Coordinator: c.coordinatorID, Received: at(start+2, 15, c.n%60), County: c.county(),
		Person: record.Person{Family: c.family, Given: c.given, BirthDate: date(c.born), Gender: c.gender}})
}

// county is where the child lives: in one of them are so few that tables to share
// leave them out.
func (c *child) county() string {
	if c.n%40 == 7 {
		return counties[0]
	}
	return counties[1+c.n/3%(len(counties)-1)]
}

// steps are the days between two visits of the therapy, the coordination and
// the support.
var steps = [3]ledger.Day{7, 14, 11}

// authorize asks the payer for the program's usual care: as many visits as the
// period will have.
func (c *child) authorize() {
	for k, o := range offers[c.program] {
		start := c.day - ledger.Day(30+c.rand.IntN(25))
		end := c.day + ledger.Day(12+c.rand.IntN(80))
		units := o.visit * (int64((end-start)/steps[k]) + 1)
		if c.showcase() && k == 0 {
			start, end, units = c.day-20, c.day+45, showUnits
		}
		c.decide(o, start, end, units)
	}
}

// The example of each clinic: 20 units, 8 of them used.
const (
	showUnits = 20
	showUsed  = 8
)

// decide is an approval by the child's payer.
func (c *child) decide(o offer, start, end ledger.Day, units int64) *record.Authorization {
	a := &record.Authorization{
		AuthID: c.id("SYN-AUT", len(c.auths)+1), Member: c.about(), Provider: c.clinic.npiOf(o.by), Program: c.program, Payer: c.payer,
		Requested: date(start - 6), Decided: date(start - 3), Received: at(start-3, 16, c.n%60),
		Items: []record.AuthItem{{Code: o.code, Modifiers: strings.Fields(o.mods), Start: date(start), End: date(end), Units: units, RequestedUnits: units, Unit: "UN", Status: "approved"}}}
	c.auths = append(c.auths, a)
	c.say(gateway.PartnerID(c.payer), a)
	return a
}

// live is the usual care since the authorizations began.
func (c *child) live() {
	for k, o := range offers[c.program] {
		if c.showcase() && k == 0 {
			c.visit(o, c.day-6, showUsed)
			continue
		}
		for d := c.day - ledger.Day(c.rand.IntN(6)+1); d >= c.auths[k].Items[0].Start.Day(); d -= steps[k] {
			c.visit(o, d, o.visit)
		}
	}
}

// visit is one delivered service, as its provider bills it.
func (c *child) visit(o offer, on ledger.Day, units int64) *visit {
	k := len(c.visits) + 1
	v := visit{from: c.clinic.sender(o.by), on: on, Service: record.Service{
		LineID: c.id("SYN-L", k), ClaimID: c.id("SYN-C", k), Member: c.about(), Provider: c.clinic.npiOf(o.by), Code: o.code, Modifiers: strings.Fields(o.mods),
		Date: record.AnyDate(on.String()), Units: ledger.Whole(units), Unit: "UN", Frequency: "1", Source: "claim", Received: c.billed(on, k)}}
	c.visits = append(c.visits, v)
	return &c.visits[len(c.visits)-1]
}

// billed is when a service of a day was received: the day after, at the latest
// yesterday. Later lines of a child are received later.
func (c *child) billed(on ledger.Day, k int) record.Instant {
	return at(min(on+1, c.day-1), 18+k%4, (k*7+c.n)%60)
}

// phone numbers of the 555-01xx block, which nobody has.
func (c *child) phone(k int) string { return "555-01" + strconv.Itoa(10+(c.n*3+k)%90) }
