package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/throughline/throughline/demo"
)

// step is one thing to try in the demonstration, as a command that works as it
// is printed.
type step struct{ what, command string }

// walkDir is where the files of the walk lie.
func (a *App) walkDir() string { return filepath.Join(a.Config.Store.DataDir, "walk") }

// writeWalk writes the files that the printed commands name.
func (a *App) writeWalk(w demo.Walk) error {
	err := os.MkdirAll(a.walkDir(), 0o700)
	for name, body := range map[string][]byte{
		"care_plan.json": w.CarePlan, "care_plan_broken.json": w.BrokenCarePlan,
		"services_bad.csv": w.BadCSV, "services.csv": w.MendedCSV,
		"check_yes.json": w.AuthYes, "check_no.json": w.AuthNo, "prior_auth.json": w.PriorAuth,
	} {
		if body == nil {
			continue
		}
		err = errors.Join(err, writeFile(filepath.Join(a.walkDir(), name), body))
	}
	return err
}

// steps is the walk through the first ten minutes.
func (a *App) steps(r readyFile, week *demo.Summary) []step {
	post := func(partner, path, media, name string) string {
		return fmt.Sprintf("curl -sS -i -H 'Authorization: Bearer %s' -H 'Content-Type: %s' \\\n  --data-binary @%s '%s%s'",
			r.Tokens[partner], media, filepath.Join(a.walkDir(), name), r.API, path)
	}
	plan := post("clinic-a", "/messages", "application/json", "care_plan.json")
	data := a.dataFlags()
	out := []step{
		{"A clinic posts a care plan: 201 and a receipt.", plan},
		{"It posts the same plan again: the same answer, with Idempotent-Replayed: true.", plan},
		{"A broken plan: 422, four issues, each with its path, what was found, what is allowed, how to mend it.", post("clinic-a", "/messages", "application/json", "care_plan_broken.json")},
		{"A clinic without an EHR uploads its table: 47 rows go in, three come back in words; services.csv has them mended.", post("clinic-c", "/messages?kind=service", "text/csv", "services_bad.csv")},
		{"A health plan asks whether a service is covered, and how many units are left.", post("mco-a", "/authorizations/check", "application/json", "check_yes.json")},
	}
	if week.Walk.PriorAuth != nil {
		ask := post(string(week.Walk.Asker), "", "application/fhir+json", "prior_auth.json")
		out = append(out, step{"A clinic asks a health plan for 30 units by Da Vinci PAS: the plan, simulated here, grants 20 (A6).",
			strings.Replace(ask, "'"+r.API+"'", "'"+r.FHIR+"/Claim/$submit'", 1)})
	}
	if len(week.Examples) > 0 {
		e := week.Examples[0]
		out = append(out, step{"The same from the command line: " + e.String() + ".",
			fmt.Sprintf(".bin/throughline auth check%s --partner %s --authorization %s", data, e.Payer, e.Authorization)})
	}
	out = append(out, step{"The state reconciles yesterday.", fmt.Sprintf(".bin/throughline reconcile --as-of %s%s", week.Today-1, data)})
	return append(out, a.mendStep(week.Failing, data)...)
}

// mendStep lets the visitor find the failing partner, mend it and send again.
func (a *App) mendStep(f demo.Failing, data string) []step {
	id := f.Partner
	p, ok := a.partner(id)
	if !ok || p.Deliver == nil {
		return nil
	}
	host, err := hostOf(p.Deliver.URL)
	if err != nil {
		return nil
	}
	return []step{{fmt.Sprintf("%s fails: %s. Find it, mend the partner, send again.", id, f.Why),
		fmt.Sprintf(".bin/throughline message deliveries%s --partner %s --state parked\ncurl -sS -X POST http://%s/demo/behave\n.bin/throughline message redeliver%s --partner %s --reason 'the partner was mended' --who operator", data, id, host, data, id)}}
}

// dataFlags name this data on a command line; what the environment says is left
// out.
func (a *App) dataFlags() string {
	if _, here := a.socketDir(); here {
		return " --data " + a.Config.Store.DataDir
	}
	if os.Getenv("THROUGHLINE_STORE_URL") != "" {
		return ""
	}
	return " --store '" + a.Config.Store.URL.String() + "'"
}
