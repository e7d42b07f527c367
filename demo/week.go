package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/record"
)

// week is everything that is seeded.
type week struct {
	day      ledger.Day
	children []*child
	total    int // messages
	counts   Counts
}

// Counts says how much a week is.
type Counts struct {
	Children, Messages, Files                                                             int
	Enrollments, Authorizations, CarePlans, CareTeams, Referrals, Services, TreatmentNews int
}

func newWeek(day ledger.Day, children int) *week {
	w := &week{day: day, counts: Counts{Children: children}}
	for n := range children {
		c := newChild(day, n)
		w.children = append(w.children, c)
		w.counts.add(c)
	}
	return w
}

// firstChild is the child whose messages tell whether a day was seeded.
func firstChild(day ledger.Day) *child {
	c := newChild(day, 0)
	c.post()
	return c
}

func (n *Counts) add(c *child) {
	n.Services += len(c.visits)
	for _, l := range c.letters {
		switch l.rec.(type) {
		case *record.Enrollment:
			n.Enrollments++
		case *record.Authorization:
			n.Authorizations++
		case *record.CarePlan:
			n.CarePlans++
		case *record.CareTeam:
			n.CareTeams++
		case *record.Referral:
			n.Referrals++
		case *record.TreatmentUpdate:
			n.TreatmentNews++
		}
	}
}

// table is one partner's services of the past, for the bulk door.
type table struct {
	partner gateway.PartnerID
	kind    string
	name    string
	body    []byte
}

// fresh is for how many days services are sent as messages, each with its
// resources; older ones may go in as tables.
const fresh = 3

// tables takes the older services out of the week, one table for each partner.
func (w *week) tables() []table {
	bodies := map[gateway.PartnerID][]byte{}
	for _, c := range w.children {
		c.visits = slices.DeleteFunc(c.visits, func(v visit) bool {
			old := v.on < w.day-fresh
			if old {
				bodies[v.from] = append(bodies[v.from], csv.Rows(&v.Service)...)
			}
			return old
		})
	}
	var out []table
	for p, rows := range bodies {
		out = append(out, table{p, "service", fmt.Sprintf("%s-services-before-%s.csv", p, w.day-fresh), append(csv.Header("service"), rows...)})
	}
	slices.SortFunc(out, func(a, b table) int { return cmpText(a.partner, b.partner) })
	w.counts.Files = len(out)
	return out
}

// post turns the records of all children into messages.
func (w *week) post() {
	w.total = 0
	for _, c := range w.children {
		c.post()
		w.total += len(c.mail)
	}
	w.counts.Messages = w.total
}

// keepLast takes the message out that is to be sent last of all.
func (w *week) keepLast() *gateway.Message {
	c := w.children[0]
	last := c.mail[len(c.mail)-1]
	c.mail = c.mail[:len(c.mail)-1]
	return last
}

// post turns the child's records into messages, in the order in which partners
// would send them: enrollment, decisions, plan, team, referral, the services of
// the week, and what the clinic has to tell.
func (c *child) post() {
	c.mail = nil
	var news []letter
	for i, l := range c.letters {
		if l.rec.Name() == "treatment_update" {
			news = append(news, l)
			continue
		}
		c.stamp(l, fmt.Sprintf("%s/%d", l.rec.Name(), i))
	}
	for i := range c.visits {
		v := &c.visits[i]
		c.stamp(letter{v.from, &v.Service}, "service/"+v.LineID)
	}
	for _, l := range news {
		c.stamp(l, l.rec.Name())
	}
	c.denial()
}

// stamp makes a message of a letter. A partner without an EHR writes CSV.
func (c *child) stamp(l letter, key string) {
	m := &gateway.Message{Partner: l.from, Channel: "messages", Kind: gateway.Kind("json/" + l.rec.Name()),
		Key: fmt.Sprintf("seed/%s/%04d/%s", c.day, c.n+1, key), Received: c.clock(len(c.mail))}
	if from := slices.IndexFunc(clinics, func(k clinic) bool { return k.id == string(l.from) }); from >= 0 && clinics[from].ehr == "" {
		m.Kind = gateway.Kind("csv/" + l.rec.Name())
		m.Body = append(csv.Header(l.rec.Name()), csv.Rows(l.rec)...)
	} else {
		m.Body = record.JSON(l.rec)
	}
	c.mail = append(c.mail, m)
}

// clock spreads the child's messages over the seven days before today.
func (c *child) clock(k int) time.Time {
	first := (c.day - 7).Time().Add(13*time.Hour + time.Duration(c.n)*time.Minute)
	return first.Add(min(time.Duration(k)*5*time.Hour, 148*time.Hour))
}
