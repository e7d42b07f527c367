package compliance

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

// Export is Run that also writes findings.csv and summary.json into a directory;
// each takes the place of an old one when it is complete, the summary last. The
// findings stand as they are kept, with the day they were opened and the day they
// are due; those of a dry run have neither.
func Export(ctx context.Context, d Deps, asOf ledger.Day, o Options, dir string) (*Summary, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(dir, ".findings-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	w := reports.NewFindingsCSV(temp)
	if o.DryRun {
		o.Each = func(f *gateway.Found) error {
			w.Add(&gateway.Finding{Found: *f})
			return nil
		}
	}
	sum, err := Run(ctx, d, asOf, o)
	if err == nil && !o.DryRun {
		err = d.kept(ctx, o.Program, w.Add)
	}
	if bad := w.End(); err == nil {
		err = bad
	}
	if bad := temp.Close(); err == nil {
		err = bad
	}
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.Rename(temp.Name(), filepath.Join(dir, "findings.csv")); err != nil {
		return nil, err
	}
	return sum, os.WriteFile(filepath.Join(dir, "summary.json"), append(text, '\n'), 0o644)
}

// kept gives every finding that a run has seen, of one program or of all, the oldest
// first.
func (d *Deps) kept(ctx context.Context, only string, f func(*gateway.Finding)) error {
	page := gateway.Paging{Limit: 1000}
	for {
		list, next, err := d.Findings.Findings(ctx, nil, gateway.FindingFilter{Origin: gateway.FromRules, Program: only, True: true}, page)
		if err != nil {
			return err
		}
		for _, one := range list {
			f(one)
		}
		if page.After = next; next == "" {
			return nil
		}
	}
}
