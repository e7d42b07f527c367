package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// reportDesk makes reports for the console: the same as the command line's.
type reportDesk struct{ app *App }

// Runs are the published runs, the latest first.
func (d reportDesk) Runs(ctx context.Context, limit int) ([]console.ReportRun, error) {
	list, err := d.app.Store.Runs(ctx, limit)
	out := make([]console.ReportRun, 0, len(list))
	for i := range list {
		r := &list[i]
		one := console.ReportRun{ID: r.ID, AsOf: r.AsOf, Children: r.Summary.Children, Lines: r.Summary.RowsOut, Finished: r.Finished, Current: r.Current, Changed: r.Base != 0, Balanced: r.Summary.Balanced()}
		if n := r.Summary.Verdicts[ledger.Matched]; n != nil {
			one.Matched = n.Lines
		}
		for _, n := range r.Summary.Findings {
			one.Findings += n
		}
		out = append(out, one)
	}
	return out, err
}

// NightFiles are the files of a night, by name.
func (d reportDesk) NightFiles() []string {
	return []string{"report.html", "night.xlsx", "lines.csv", "splits.csv", "authorizations.csv", "findings.csv", "summary.json", "manifest.json"}
}

// NightFile is one file of a run: as it was written on this machine, else written
// anew, which gives the same bytes.
func (d reportDesk) NightFile(ctx context.Context, id, name string) (*console.Paper, error) {
	if !slices.Contains(d.NightFiles(), name) {
		return nil, gateway.Faultf("console", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no such file of a night"})
	}
	run, err := d.app.Store.RunByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !run.Published {
		return nil, gateway.Faultf("console", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a run that is not finished", Fix: "wait for it"})
	}
	dir := filepath.Dir(desk(d).reportPath(run.AsOf.String()))
	return &console.Paper{Name: run.AsOf.String() + "-" + name, Write: func(w io.Writer, _ string) error {
		if writtenFor(dir) == run.ID {
			if err := copyFile(w, filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		temp, err := os.MkdirTemp("", "throughline-night-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temp) }()
		if _, err := reconcile.Export(ctx, d.app.reconcileDeps(), run, temp, reconcile.ExportOptions{Excel: true}); err != nil {
			return err
		}
		return copyFile(w, filepath.Join(temp, name))
	}}, nil
}

// writtenFor is the run whose files are in a directory; empty = none is whole.
func writtenFor(dir string) string {
	var m reconcile.Manifest
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil || json.Unmarshal(text, &m) != nil {
		return ""
	}
	return m.Run
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// RollUp counts the enrolled children of a day, small cells left out.
func (d reportDesk) RollUp(ctx context.Context, by gateway.RollUpBy, day ledger.Day) (*console.Paper, error) {
	r, err := d.app.rollUp(ctx, by, day, reports.SmallCell, false)
	if err != nil {
		return nil, err
	}
	return &console.Paper{Name: "rollup-" + string(by) + "-" + day.String(), Write: r.Write}, nil
}

// Utilization is the review of a run, or of the newest when there is no id.
func (d reportDesk) Utilization(ctx context.Context, c *gateway.Caller, id string, less int64) (*console.Paper, error) {
	run, err := d.app.Store.LastRun(ctx)
	if id != "" {
		run, err = d.app.Store.RunByID(ctx, id)
	}
	switch {
	case gateway.FaultOf(err).Code == gateway.NotFound, err == nil && !run.Published:
		return nil, gateway.Faultf("console", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no finished night", Fix: "wait for the next, or see the schedules"})
	case err != nil:
		return nil, err
	}
	if less == 0 {
		less = lessBP
	}
	view, err := d.app.utilization(ctx, c, run, less)
	if err != nil {
		return nil, err
	}
	return &console.Paper{Name: "utilization-" + run.AsOf.String(), Write: view.Write}, nil
}

// Compliance is how the programs stand over a period.
func (d reportDesk) Compliance(ctx context.Context, c *gateway.Caller, from, to ledger.Day) (*console.Paper, error) {
	page, err := d.app.compliancePage(ctx, c, from, to)
	if err != nil {
		return nil, err
	}
	return &console.Paper{Name: "compliance-" + to.String(), Write: page.Write}, nil
}

// Taken keeps in the audit trail who took a report.
func (d reportDesk) Taken(ctx context.Context, name, who string) error {
	return d.app.Store.Audit(ctx, store.Look{At: time.Now(), Partner: gateway.PartnerID(who), Action: "read", Type: "report", ID: name, Outcome: auditSuccess})
}
