package ledger

import (
	"slices"
	"time"
)

// Settle gives every line of the case its verdict and every authorization its
// use, as of the end of asOf. It depends on the data only. To settle many
// children in a row use a Settler, which keeps its memory.
func Settle(c *Case, asOf Day, rules *Rules) *Result {
	return NewSettler(rules).Settle(c, asOf)
}

// A Settler settles one case after the other with the same rules. It is not
// safe for concurrent use: one for each worker.
type Settler struct {
	rules *Rules
	zone  *time.Location

	asOf       Day
	dusk, dawn Stamp // instants around the end of asOf, see setAsOf

	// step 1: the rows in force
	refs     []lineRef
	rows     []row // in order of (id, partner), parallel to result.Lines
	parent   []int32
	last     []int32
	claims   []int32
	spans    []*Span
	versions []*Auth
	plans    []*Plan

	// the law: its place in the order of lines, and what holds on that date
	order   []uint64 // date and index into rows, ascending
	pos     int
	dayPos  int // where the lines of the current date start in order
	today   today
	grants  []grant           // approved authorizations in order of (end, id, partner)
	usable  []int32           // grants that may pay for the current line, in giving order
	visits  []uint64          // hash of the visit id and place in order
	memo    map[string]string // modifiers as sent -> normal form
	splits  []Split
	giving  int      // where the splits of the current line begin
	bridges []bridge // of continued authorizations
	result  Result
}

// row is a line in force on its way through the law.
type row struct {
	line        *Line
	mods        string   // normal form
	code        uint64   // first bytes of the code
	amount      Decimal  // what rule 1 compares: converted where possible
	need        int64    // units asked of the authorizations
	table       *UnitRow // the row that converted it
	rival       *Line    // the line that counts for the same visit instead
	verdict     Verdict  // of step 1
	orphan      bool     // its original is unknown
	anyProvider bool     // a question that names none
	flags       flagMask
	because     because
}

// NewSettler prepares the rules; nil means DefaultRules.
func NewSettler(rules *Rules) *Settler {
	if rules == nil {
		rules = DefaultRules()
	}
	s := &Settler{rules: rules, zone: rules.Zone, memo: map[string]string{}}
	if s.zone == nil {
		s.zone = time.UTC
	}
	return s
}

// Settle is the law for one child. The result, and everything in it, is good
// until the next call; it points into the case.
func (s *Settler) Settle(c *Case, asOf Day) *Result {
	s.setAsOf(asOf)
	s.pickSpans(c.Spans)
	s.pickAuths(c.Auths)
	s.pickPlans(c.Plans)
	s.openGrants()
	s.pickLines(c.Lines)
	s.resolveChains()
	s.openLines()
	s.pickVisits()
	s.today.reset()
	for s.pos = 0; s.pos < len(s.order); s.pos++ {
		s.judge(s.at(s.pos))
	}
	s.closeBridges()
	s.compare()
	return &s.result
}

// openLines starts the verdict of every line and puts those that take part in
// the order of the law: (service date, line id, partner); an impossible date is
// after every date.
func (s *Settler) openLines() {
	s.order, s.splits = s.order[:0], s.splits[:0]
	s.result.Lines = slices.Grow(s.result.Lines[:0], len(s.rows))[:len(s.rows)]
	for i := range s.rows {
		r := &s.rows[i]
		r.flags = s.flags(r)
		s.result.Lines[i] = LineVerdict{Line: r.line, Verdict: r.verdict, Units: r.line.Units, Flags: flagLists[r.flags], because: r.because}
		if r.verdict == "" || r.verdict == UnknownOriginal {
			s.order = append(s.order, dateKey(r.line.Date)<<32|uint64(i))
		}
	}
	slices.Sort(s.order)
}

// dateKey orders dates as unsigned numbers.
func dateKey(d Day) uint64 {
	if d == NoDay {
		return 1<<32 - 1
	}
	return uint64(uint32(d) ^ 1<<31)
}

// at is the row at a place of the order.
func (s *Settler) at(pos int) int { return int(uint32(s.order[pos])) }

// judge finds the first rule that fits.
func (s *Settler) judge(i int) {
	r, v := &s.rows[i], &s.result.Lines[i]
	s.turnTo(r.line.Date)
	fit := s.measure(r)
	switch {
	case r.verdict == UnknownOriginal:
	case fit == InvalidLine:
		v.Verdict = InvalidLine
	case r.line.DenialCode != "":
		v.Verdict = DeniedLine
	case fit == UnknownUnit:
		v.Verdict, v.because.auth = UnknownUnit, s.grants[s.usable[0]].auth
	case s.duplicate(r, v):
		v.Verdict = Duplicate
	case !s.today.enrolled():
		v.Verdict = NotEnrolled
	case len(s.usable) > 0:
		s.give(r, v)
	default:
		s.nearest(r, v)
	}
}

// today is what holds on the date of the current line.
type today struct {
	set      bool
	day      Day
	payers   []string // of the spans that hold the date
	payer    string   // the smallest that is named: it decides on tables and precedence
	anyPayer bool     // some span names no payer
	month    Day      // first day of the month, NoDay until asked for
	asked    []asked  // daily totals of the unit table
}

// asked is what the lines of one date asked for under one row of the unit table.
type asked struct {
	table *UnitRow
	units int64
}

func (t *today) reset() { *t = today{payers: t.payers[:0], asked: t.asked[:0]} }

func (t *today) enrolled() bool { return len(t.payers) > 0 }

// turnTo opens a date: lines come in order, so it is done once for each.
func (s *Settler) turnTo(d Day) {
	t := &s.today
	if t.set && t.day == d {
		return
	}
	t.reset()
	t.set, t.day, t.month = true, d, NoDay
	s.dayPos = s.pos
	if d == NoDay {
		return
	}
	for _, sp := range s.spans {
		if sp.Start > d || sp.End < d {
			continue
		}
		t.payers = append(t.payers, sp.Payer)
		t.anyPayer = t.anyPayer || sp.Payer == ""
		if sp.Payer != "" && (t.payer == "" || sp.Payer < t.payer) {
			t.payer = sp.Payer
		}
	}
}
