package compliance

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// Options of one run.
type Options struct {
	Program string // one pack only; empty = all in force
	Known   int64  // watermark; 0 = everything committed now
	DryRun  bool   // judge and count, keep nothing
	Each    func(*gateway.Found) error

	Progress func(bucketsDone int, children int64) // may be nil
}

// Buckets is the number of member buckets of a store.
const Buckets = 256

// Run judges everything as of a date. The same records, packs and date give the
// same findings; followed twice they change nothing.
func Run(ctx context.Context, d Deps, asOf ledger.Day, o Options) (*Summary, error) {
	if o.Known == 0 {
		var err error
		if o.Known, err = d.Records.Known(ctx); err != nil {
			return nil, fmt.Errorf("compliance: %w", err)
		}
	}
	j, err := newJudge(d, asOf, o)
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		err := j.all(ctx, j.count)
		return j.finish(), err
	}
	run := gateway.FindingRun{Origin: gateway.FromRules, ID: j.sum.Run, AsOf: asOf, Program: o.Program}
	j.sum.Changed, err = d.Findings.FollowFindings(ctx, run, func(see func(*gateway.Found) error) error {
		return j.all(ctx, func(f *gateway.Found) error {
			if err := j.count(f); err != nil {
				return err
			}
			return see(f)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("compliance: %w", err)
	}
	if o.Program == "" {
		j.sum.Night, err = followNight(ctx, d)
	}
	if err == nil && d.Month != nil {
		err = j.tellMonths(ctx, asOf)
	}
	return j.finish(), err
}

// tellMonths gives out how the findings of each program stand in the month of
// the run.
func (j *judge) tellMonths(ctx context.Context, asOf ledger.Day) error {
	at := asOf.Time()
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	totals, err := j.Findings.FindingPeriods(ctx, j.o.Program, ledger.DayOf(first), asOf) // one look at all of them
	if err != nil {
		return fmt.Errorf("compliance: %w", err)
	}
	for _, p := range j.packs {
		month := &gateway.FindingMonth{Program: p.ID, AsOf: asOf, From: ledger.DayOf(first), To: ledger.DayOf(first.AddDate(0, 1, -1))}
		for _, of := range totals {
			if of.Program == p.ID {
				month.Totals = append(month.Totals, of)
			}
		}
		if of := j.decided[p.ID].shared(); of.Any() {
			month.Decisions = of
		}
		if err := j.Month(ctx, month); err != nil {
			return fmt.Errorf("compliance: %w", err)
		}
	}
	return nil
}

// followNight takes over what the newest published night has found.
func followNight(ctx context.Context, d Deps) (*gateway.FindingTally, error) {
	run, err := d.Nights.LastRun(ctx)
	if err != nil {
		if gateway.FaultOf(err).Code == gateway.NotFound {
			err = nil
		}
		return nil, err
	}
	due := map[string]int64{}
	for _, p := range d.Packs {
		due[p.ID] = p.Due.Night
	}
	return d.Findings.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromNight, ID: run.ID, AsOf: run.AsOf}, func(see func(*gateway.Found) error) error {
		return d.Nights.EachFinding(ctx, run, func(f *ledger.FindingRow) error {
			return see(&gateway.Found{Origin: gateway.FromNight, Rule: string(f.Kind), Kind: string(f.Kind), Program: f.Program, Person: f.Person, Partner: gateway.PartnerID(f.Partner),
				Record: f.Ref, Item: f.Item, Force: string(program.Required), Owner: ownerOf(string(f.Kind)), Reason: f.Reason, Cites: "The three sides of the night: plan, authorization, delivery", DueDays: due[f.Program]})
		})
	})
}
