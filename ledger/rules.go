package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rules is the dated data that the law consults. Every list is a set: the order
// of its rows never matters. The zero value of an optional field means default.
type Rules struct {
	Zone         *time.Location // the program's zone: turns received times into dates; nil = UTC
	Units        []UnitRow      // the unit table; ships empty
	Payers       []PayerRule    // what single payers do differently
	Transitions  []Transition   // transition-of-care windows
	Thresholds   Thresholds     // of programs without their own
	Programs     map[string]Thresholds
	Independent  []ProgramRule // programs that ask for a coordinator independent of who delivers
	Coordination []string      // codes of coordination itself, which the coordinator's agency may deliver
}

// ProgramRule says that a program asks for something between two dates.
type ProgramRule struct {
	Program  string
	From, To Day // inclusive; a zero To is open
}

// Rounding says what becomes of a fraction after a conversion.
type Rounding string

// The rounding rules. Nearest rounds a half up; an exact row does not convert a
// quantity that it cannot turn into whole units.
const (
	RoundUp      Rounding = "up"
	RoundDown    Rounding = "down"
	RoundNearest Rounding = "nearest"
	RoundExact   Rounding = "exact"
)

// UnitRow converts quantities of LineUnit into AuthUnit: one line unit is
// Num/Den authorization units. A row of the very payer wins over one of any
// payer, then the latest From.
type UnitRow struct {
	Payer     string // empty = any payer
	Code      string
	Modifiers string // compared as a set
	From, To  Day    // inclusive; a zero To is open
	LineUnit  string
	AuthUnit  string
	Num, Den  int64
	Round     Rounding // empty = exact
	DailyMax  int64    // authorization units a date; more raises over_daily_maximum; 0 = none
}

// PayerRule is what one payer does differently between two dates. Of several
// rows that hold a date the latest From decides.
type PayerRule struct {
	Payer            string
	From, To         Day      // inclusive; a zero To is open
	Sources          []string // precedence of sources; empty = claim, encounter, visit log
	OrderedModifiers bool     // modifiers are compared in the order sent, not as a set
	WeekStart        string   // English weekday on which a cap's week starts; empty = monday
	Zone             *time.Location
}

// Transition lets authorizations of the old payer pay for services of members
// already enrolled with the new one.
type Transition struct {
	Old, New    string // an empty New stands for any payer
	From, Until Day    // dates of service, inclusive; a zero Until is open
}

// Thresholds of the derived flags of an authorization (program pack).
type Thresholds struct {
	UnderUsedBP    int64 // burn rate in basis points below which it is under-used
	MinElapsedDays int64 // days that must have elapsed before it can be
	ExpiringDays   int64 // days to the end within which it is expiring
	GapDays        int64 // days without a service after which there is a gap; 0 = not watched
}

// DefaultRules is the law as the page states it: no unit table, no payer of its
// own mind, zone UTC.
func DefaultRules() *Rules {
	return &Rules{Zone: time.UTC, Thresholds: Thresholds{UnderUsedBP: 6000, MinElapsedDays: 30, ExpiringDays: 30, GapDays: 30}}
}

// Version is a short hash of the content: equal content, equal version.
func (r *Rules) Version() string {
	var rows []string
	add := func(format string, args ...any) { rows = append(rows, fmt.Sprintf(format, args...)) }
	add("zone %q", zoneName(r.Zone))
	add("thresholds %+v", r.Thresholds)
	for name, t := range r.Programs {
		add("program %q %+v", name, t)
	}
	for _, u := range r.Units {
		u.Modifiers = NormalModifiers(u.Modifiers)
		add("unit %#v", u)
	}
	for _, p := range r.Payers {
		add("payer %s", p.text())
	}
	for _, t := range r.Transitions {
		add("transition %#v", t)
	}
	for _, p := range r.Independent {
		add("independent %#v", p)
	}
	for _, code := range r.Coordination {
		add("coordination %q", code)
	}
	slices.Sort(rows)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(rows), "\n")))
	return hex.EncodeToString(sum[:6])
}

// Check names every row that the law could not apply, so that a configuration
// error is found when it is loaded and never at night.
func (r *Rules) Check() []error {
	var errs []error
	for i, u := range r.Units {
		if u.Code == "" || u.Num <= 0 || u.Den <= 0 || u.DailyMax < 0 {
			errs = append(errs, fmt.Errorf("units[%d]: want a code, a positive factor and no negative daily maximum", i))
		}
		if !slices.Contains([]Rounding{"", RoundUp, RoundDown, RoundNearest, RoundExact}, u.Round) {
			errs = append(errs, fmt.Errorf("units[%d]: rounding %q: want up, down, nearest or exact", i, u.Round))
		}
	}
	for i, p := range r.Payers {
		if _, ok := weekday(p.WeekStart); !ok {
			errs = append(errs, fmt.Errorf("payers[%d]: week start %q: want an English weekday", i, p.WeekStart))
		}
	}
	return errs
}

// payer is the rule of one payer in force on d, nil when it has none.
func (r *Rules) payer(id string, d Day) *PayerRule {
	var best *PayerRule
	for i := range r.Payers {
		p := &r.Payers[i]
		if p.Payer == id && holds(p.From, p.To, d) && (best == nil || p.From > best.From || p.From == best.From && p.text() > best.text()) {
			best = p
		}
	}
	return best
}

// text is the rule's content, the same in every process.
func (p *PayerRule) text() string {
	return fmt.Sprintf("%q %d %d %q %t %q %q", p.Payer, p.From, p.To, p.Sources, p.OrderedModifiers, strings.ToLower(p.WeekStart), zoneName(p.Zone))
}

// thresholds of a program.
func (r *Rules) thresholds(program string) Thresholds {
	if t, ok := r.Programs[program]; ok {
		return t
	}
	return r.Thresholds
}

// holds reads the dates of a rule: both inclusive, a zero end is open.
func holds(from, to, d Day) bool { return from <= d && (to == 0 || d <= to) }

func zoneName(z *time.Location) string {
	if z == nil {
		return "UTC"
	}
	return z.String()
}

// weekday reads an English weekday; empty is Monday.
func weekday(name string) (time.Weekday, bool) {
	if name == "" {
		return time.Monday, true
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return time.Monday, false
}
