package compliance

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Export is Run that also writes findings.csv and summary.json into a directory;
// each takes the place of an old one when it is complete, the summary last.
func Export(ctx context.Context, d Deps, asOf ledger.Day, o Options, dir string) (*Summary, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(dir, ".findings-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	w := csv.NewWriter(temp)
	_ = w.Write([]string{"program", "rule", "force", "violation", "sent_by", "record_id", "item", "owner", "reason", "source"}) // an error comes back from Flush
	o.Each = func(f *gateway.Found) error {
		return w.Write([]string{f.Program, f.Rule, f.Force, strconv.FormatBool(f.Violation), string(f.Partner), f.Record, f.Item, f.Owner, f.Reason, f.Cites})
	}
	sum, err := Run(ctx, d, asOf, o)
	if w.Flush(); err == nil {
		err = w.Error()
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
