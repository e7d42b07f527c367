package config

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule rings a job by the clock of a zone.
type Schedule struct {
	Name   string
	Cron   string // five fields, without a zone
	Zone   *time.Location
	Job    string
	Missed string // "latest": only the last missed slot is made up for; "all"; "skip": none
}

// Spec is the schedule as robfig/cron reads it.
func (s Schedule) Spec() string { return "CRON_TZ=" + s.Zone.String() + " " + s.Cron }

// jobs are what a schedule can start.
var jobs = []string{"reconcile", "increment", "clocks", "compliance", "retention"}

// fields reads minute, hour, day, month, weekday, or @daily and the like; slots
// are wall-clock times, so intervals (@every) have no place here.
var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// schedules reads the entries; what is wrong with them is reported.
func (r *reader) schedules() []Schedule {
	var out []Schedule
	for i, e := range r.doc.Schedules {
		path := item("schedules", i)
		expr, named := cutZone(e.Cron)
		if named != "" && e.Zone != "" && named != e.Zone {
			r.add(path+".zone", "two zones, "+named+" and "+e.Zone, "one zone", "name it in zone only")
		}
		if named == "" {
			named = e.Zone
		}
		if named == "" {
			named = r.doc.Ledger.Zone
		}
		zone, err := time.LoadLocation(named)
		if err != nil {
			r.add(path+".cron", show(reflectOf(&named), named), "a zone such as America/New_York", "correct the zone")
			continue
		}
		r.cron(path+".cron", expr)
		missed := e.Missed
		if missed == "" {
			missed = "latest"
		}
		out = append(out, Schedule{Name: e.Name, Cron: expr, Zone: zone, Job: e.Job, Missed: missed})
	}
	return out
}

// cron reports an expression that the clock could not ring by.
func (r *reader) cron(path, expr string) {
	if expr == "" {
		return // reported as missing
	}
	_, err := fields.Parse(expr)
	if err != nil || strings.HasPrefix(expr, "@every") {
		r.add(path, show(reflectOf(&expr), expr), "minute hour day month weekday, such as 30 2 * * *", "write five fields, or @daily")
	}
}

// cutZone takes the zone off an expression.
func cutZone(expr string) (rest, zone string) {
	for _, p := range []string{"CRON_TZ=", "TZ="} {
		if after, ok := strings.CutPrefix(strings.TrimSpace(expr), p); ok {
			zone, rest, _ = strings.Cut(after, " ")
			return strings.TrimSpace(rest), zone
		}
	}
	return strings.TrimSpace(expr), ""
}
