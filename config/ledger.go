package config

import (
	"fmt"
	"time"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// ledgerEntry is the dated data of the law as written.
type ledgerEntry struct {
	Zone          string            `yaml:"zone" validate:"zone"`
	UnitTable     []unitEntry       `yaml:"unit_table" validate:"dive"`
	UnitTableFile string            `yaml:"unit_table_file"` // CSV with the same columns
	Payers        []payerEntry      `yaml:"payers" validate:"dive"`
	Transitions   []transitionEntry `yaml:"transitions" validate:"dive"`
	Thresholds    thresholdsEntry   `yaml:"thresholds" envPrefix:"thresholds."`
	Coordination  []string          `yaml:"coordination_codes"` // codes of coordination itself: its agency may deliver them
}

// unitEntry is one row of the unit table: one line_unit is num/den auth_unit.
type unitEntry struct {
	Payer     string      `yaml:"payer"`
	Code      string      `yaml:"code" validate:"required"`
	Modifiers string      `yaml:"modifiers"`
	From      program.Day `yaml:"from"`
	To        program.Day `yaml:"to"`
	LineUnit  string      `yaml:"line_unit" validate:"required"`
	AuthUnit  string      `yaml:"auth_unit" validate:"required"`
	Num       int64       `yaml:"num" validate:"gte=1"`
	Den       int64       `yaml:"den" validate:"gte=1"`
	Round     string      `yaml:"round" validate:"omitempty,oneof=up down nearest exact"`
	DailyMax  int64       `yaml:"daily_max" validate:"gte=0"`
}

// payerEntry is what one payer does differently.
type payerEntry struct {
	Payer            string      `yaml:"payer" validate:"required"`
	From             program.Day `yaml:"from"`
	To               program.Day `yaml:"to"`
	Sources          []string    `yaml:"sources" validate:"dive,oneof=claim encounter 'visit log'"`
	OrderedModifiers bool        `yaml:"ordered_modifiers"`
	WeekStart        string      `yaml:"week_start" validate:"omitempty,oneof=monday tuesday wednesday thursday friday saturday sunday"`
	Zone             string      `yaml:"zone" validate:"omitempty,zone"`
}

// transitionEntry lets a former payer's authorizations go on paying for a while.
type transitionEntry struct {
	Old   string      `yaml:"old" validate:"required"`
	New   string      `yaml:"new"`
	From  program.Day `yaml:"from" validate:"required"`
	Until program.Day `yaml:"until"`
}

// thresholdsEntry bounds the derived flags of authorizations.
type thresholdsEntry struct {
	UnderUsedBP    int64 `yaml:"under_used_bp" validate:"gte=0,lte=1000000"`
	MinElapsedDays int64 `yaml:"min_elapsed_days" validate:"gte=0"`
	ExpiringDays   int64 `yaml:"expiring_days" validate:"gte=0"`
	GapDays        int64 `yaml:"gap_days" validate:"gte=0"`
}

func defaultLedger() ledgerEntry {
	return ledgerEntry{Zone: "UTC", Thresholds: thresholdsEntry(ledger.DefaultRules().Thresholds), Coordination: []string{"T1016", "T1017", "T2022", "T2023"}}
}

// rules makes the law's data of the section and of the packs' own thresholds.
func (r *reader) rules(packs []*program.Pack) *ledger.Rules {
	e := &r.doc.Ledger
	rules := &ledger.Rules{Zone: location(e.Zone), Thresholds: ledger.Thresholds(e.Thresholds), Programs: map[string]ledger.Thresholds{}, Coordination: e.Coordination}
	for i, u := range append(e.UnitTable, r.unitFile()...) {
		r.period(fmt.Sprintf("ledger.unit_table[%d].to", i), u.From, u.To)
		rules.Units = append(rules.Units, ledger.UnitRow{
			Payer: u.Payer, Code: u.Code, Modifiers: u.Modifiers, From: ledger.Day(u.From), To: ledger.Day(u.To), LineUnit: u.LineUnit,
			AuthUnit: u.AuthUnit, Num: u.Num, Den: u.Den, Round: ledger.Rounding(u.Round), DailyMax: u.DailyMax,
		})
	}
	for i, p := range e.Payers {
		r.period(fmt.Sprintf("ledger.payers[%d].to", i), p.From, p.To)
		rule := ledger.PayerRule{Payer: p.Payer, From: ledger.Day(p.From), To: ledger.Day(p.To), Sources: p.Sources, OrderedModifiers: p.OrderedModifiers, WeekStart: p.WeekStart}
		if p.Zone != "" {
			rule.Zone = location(p.Zone)
		}
		rules.Payers = append(rules.Payers, rule)
	}
	for i, t := range e.Transitions {
		r.period(fmt.Sprintf("ledger.transitions[%d].until", i), t.From, t.Until)
		rules.Transitions = append(rules.Transitions, ledger.Transition{Old: t.Old, New: t.New, From: ledger.Day(t.From), Until: ledger.Day(t.Until)})
	}
	for _, p := range packs {
		if p.Thresholds != nil {
			rules.Programs[p.ID] = ledger.Thresholds(*p.Thresholds)
		}
		rules.Independent = append(rules.Independent, independence(p)...)
	}
	return rules
}

// independence is when a pack asks for a coordinator independent of the agencies
// that deliver the services.
func independence(p *program.Pack) (out []ledger.ProgramRule) {
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Kind == program.KindIndependence && r.Checked() {
			from, to := max(p.EffectiveFrom, r.EffectiveFrom), p.EffectiveTo
			if to == 0 || r.EffectiveTo != 0 && r.EffectiveTo < to {
				to = r.EffectiveTo
			}
			out = append(out, ledger.ProgramRule{Program: p.ID, From: ledger.Day(from), To: ledger.Day(to)})
		}
	}
	return out
}

// period reports an end before its start.
func (r *reader) period(path string, from, to program.Day) {
	if to != 0 && to < from {
		r.add(path, to.String()+", before "+from.String(), "a date on or after the start", "correct one of the two dates")
	}
}

// location loads a zone that was checked before; UTC where it could not be.
func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
