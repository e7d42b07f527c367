package reconcile

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

// Manifest is manifest.json: what the files of an export are and come from.
type Manifest struct {
	Run      string           `json:"run_id"`
	AsOf     string           `json:"as_of"`
	Known    int64            `json:"known"`
	Zone     string           `json:"zone"`
	Rules    map[string]any   `json:"rule_versions"`
	Inputs   []ledger.Input   `json:"inputs"`
	Facts    FactCount        `json:"facts"`
	Verdicts map[string]int64 `json:"verdicts"`
	Findings map[string]int64 `json:"findings"`
	RowsIn   int64            `json:"rows_in"`
	RowsOut  int64            `json:"rows_out"`
	Older    int64            `json:"rows_superseded"`
	Balanced bool             `json:"rows_balance"`
	Files    []File           `json:"files"`
}

// FactCount are the rows that the run saw, and a sum over their content.
type FactCount struct {
	Lines       int64  `json:"service_rows"`
	Auths       int64  `json:"authorization_rows"`
	Spans       int64  `json:"enrollment_rows"`
	Plans       int64  `json:"plan_rows"`
	Fingerprint string `json:"fingerprint"`
}

// File is one file of an export.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"` // without the header
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// ExportOptions say what an export holds beside its usual files.
type ExportOptions struct {
	Excel bool // also night.xlsx: the same rows as one workbook
}

// Export writes the files of a published run into a directory: complete files
// take the place of old ones, the manifest last. The same run gives the same
// bytes.
func Export(ctx context.Context, d Deps, run *ledger.Run, dir string, o ExportOptions) (*Manifest, error) {
	if !run.Published {
		return nil, fmt.Errorf("export: run %s is not finished", run.ID)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(dir, ".export-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	x := &export{Deps: d, ctx: ctx, run: run, dir: temp, excel: o.Excel, page: reports.NewPage(run.Summary, run.AsOf, d.rules())}
	for _, step := range []func() error{x.lines, x.splits, x.authorizations, x.findings, x.summary, x.workbook, x.report, x.manifest} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	return x.made, x.moveTo(dir)
}

// export is one export on its way.
type export struct {
	Deps
	ctx   context.Context //nolint:containedctx // lives as long as one call of Export
	run   *ledger.Run
	dir   string
	excel bool
	page  *reports.Page
	files []File
	made  *Manifest
}

// write makes one file, hashed and on disk when it returns.
func (x *export) write(name string, fill func(w *tableWriter) error) (err error) {
	f, err := os.OpenFile(filepath.Join(x.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	w := newTableWriter(f)
	if err := fill(w); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := w.to.Flush(); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	x.files = append(x.files, File{name, w.rows, w.bytes, hex.EncodeToString(w.sum.Sum(nil))})
	return f.Close()
}

func (x *export) lines() error {
	return x.write("lines.csv", func(w *tableWriter) error {
		w.header("line_id", "verdict", "units", "matched_units", "authorizations_used", "first_authorization", "flags", "reason")
		return x.Results.EachVerdict(x.ctx, x.run, func(v *ledger.VerdictRow) error {
			w.text(v.ID).text(string(v.Verdict)).text(v.Units.String()).number(v.Matched).number(int64(v.Auths)).text(v.First.ID).text(v.Flags).text(v.Reason)
			return w.end()
		})
	})
}

func (x *export) splits() error {
	return x.write("splits.csv", func(w *tableWriter) error {
		w.header("line_id", "authorization_id", "units")
		return x.Results.EachSplit(x.ctx, x.run, func(s *ledger.SplitRow) error {
			w.text(s.ID).text(s.Auth.ID).number(s.Units)
			return w.end()
		})
	})
}

func (x *export) authorizations() error {
	asOf, rules := x.run.AsOf, x.rules()
	return x.write("authorizations.csv", func(w *tableWriter) error {
		w.header("authorization_id", "approved", "used", "remaining", "burn_bp", "under_used", "days_since_last", "expiring")
		return x.Results.EachUse(x.ctx, x.run, func(u *ledger.Use) error {
			x.page.Add(u)
			w.text(u.Auth.ID).number(u.Approved()).number(u.Used).number(u.Remaining()).number(u.BurnBP(asOf)).
				flag(u.UnderUsed(asOf, rules)).number(u.DaysSince(asOf)).flag(u.Expiring(asOf, rules))
			return w.end()
		})
	})
}

// findings are what plan, authorization and delivery do not agree on. The child
// is named by the records alone.
func (x *export) findings() error {
	return x.write("findings.csv", func(w *tableWriter) error {
		w.header("finding", "record_id", "item_id", "code", "provider_id", "program", "payer", "days", "reason")
		return x.Results.EachFinding(x.ctx, x.run, func(f *ledger.FindingRow) error {
			x.page.Found(f)
			w.text(string(f.Kind)).text(f.Ref).text(f.Item).text(f.Code).text(f.Provider).text(f.Program).text(f.Payer).number(f.Days).text(f.Reason)
			return w.end()
		})
	})
}

func (x *export) summary() error {
	return x.write("summary.json", func(w *tableWriter) error { return w.json(x.run.Summary) })
}

func (x *export) report() error {
	for _, f := range x.files {
		x.page.Files = append(x.page.Files, reports.File{Name: f.Name, Rows: f.Rows, SHA256: f.SHA256})
	}
	x.page.Rules = RuleOf
	return x.write("report.html", func(w *tableWriter) error { return x.page.Write(w) })
}

func (x *export) manifest() error {
	s := x.run.Summary
	m := &Manifest{Run: s.Run, AsOf: s.AsOf, Known: s.Known, Zone: s.Zone, Rules: map[string]any{"ledger": s.Rules}, Inputs: s.Inputs,
		Facts:    FactCount{s.RowsIn, s.AuthRows, s.SpanRows, s.PlanRows, fmt.Sprintf("%016x", s.Fingerprint)},
		Verdicts: map[string]int64{}, Findings: map[string]int64{}, RowsIn: s.RowsIn, RowsOut: s.RowsOut, Older: s.Superseded, Balanced: s.Balanced(), Files: slices.Clone(x.files)}
	for v, n := range s.Verdicts {
		m.Verdicts[string(v)] = n.Lines
	}
	for k, n := range s.Findings {
		m.Findings[string(k)] = n
	}
	if written := x.files[0].Rows; written != s.RowsOut {
		return fmt.Errorf("lines.csv has %d rows, the run has %d verdicts", written, s.RowsOut)
	}
	x.made = m
	return x.write("manifest.json", func(w *tableWriter) error { return w.json(m) })
}

// moveTo puts the files in place. Without its manifest an export is not
// complete, so that goes first of the old and comes last of the new.
func (x *export) moveTo(dir string) error {
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, f := range x.files {
		if err := os.Rename(filepath.Join(x.dir, f.Name), filepath.Join(dir, f.Name)); err != nil {
			return err
		}
	}
	at, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.Sync()
}

// tableWriter writes CSV (RFC 4180 with LF line ends) and hashes what it writes.
type tableWriter struct {
	to    *bufio.Writer
	sum   hash.Hash
	row   []byte
	rows  int64
	bytes int64
}

func newTableWriter(f io.Writer) *tableWriter {
	sum := sha256.New()
	return &tableWriter{to: bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<18), sum: sum}
}

// Write takes bytes as they are.
func (w *tableWriter) Write(p []byte) (int, error) {
	w.bytes += int64(len(p))
	return w.to.Write(p)
}

func (w *tableWriter) json(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return err
}
