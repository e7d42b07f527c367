package retention

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Rules say how long each class of records is kept; zero keeps it for ever.
type Rules struct {
	Payloads time.Duration // bytes of messages and files as they came
	Reports  time.Duration // files of nights on this machine
	Runs     int           // newest full nightly runs that stay; facts stay anyhow
	Children time.Duration // all about a child, after the last thing that happened
	Rewrite  bool          // write the tables anew afterwards, so that no old byte is in their files
}

// Store is where records are deleted.
type Store interface {
	Purgeable(ctx context.Context, before time.Time, after string, limit int) ([]string, error)
	HeldBack(ctx context.Context, before time.Time) (int, error)
	Purge(ctx context.Context, persons []string, try bool) (*gateway.Purged, error)
	ErasePayloads(ctx context.Context, before time.Time, limit int, try bool) (int64, error)
	PayloadTables() []string
	PruneRuns(ctx context.Context, keep int) ([]string, error)
	Compact(ctx context.Context, tables []string, rewrite bool) error
	EachText(ctx context.Context, f func(table, column string, value []byte) error) (int64, error)
	AddRetentionRun(ctx context.Context, id, who string, report []byte) error
}

// Cache is what may remember beside the store.
type Cache interface {
	Count(ctx context.Context, hit func([]byte) bool) (int64, error)
}

// Deps are what the job works with.
type Deps struct {
	Store    Store
	Rules    Rules
	Dir      string                        // of the data: reports, and the files of the database
	Progress func(what string, done int64) // may be nil
	Cache    Cache                         // nil = there is none
}

// Options of one purge.
type Options struct {
	DryRun bool // count, delete nothing
	Who    string
}

// Report is what a purge took away and the proof that it is gone. It names no
// child.
type Report struct {
	ID       string           `json:"id"`
	At       time.Time        `json:"at"`
	Who      string           `json:"who"`
	DryRun   bool             `json:"dry_run"`
	Rules    map[string]any   `json:"rules"`
	Children int64            `json:"children"`
	Held     int64            `json:"held_back"` // children that a legal hold keeps
	Rows     map[string]int64 `json:"rows"`
	Payloads int64            `json:"payloads"`
	Shared   int64            `json:"shared_messages"` // their bytes are erased, others are about them too
	Runs     int              `json:"runs"`
	Reports  []string         `json:"reports"` // days whose files were removed
	Proof    *Proof           `json:"proof,omitempty"`
}

// batch is how many children are purged in one transaction.
const batch = 50

// Run deletes what is due. It can begin again anywhere. A proof that fails is an
// error beside the report.
func Run(ctx context.Context, d Deps, now time.Time, o Options) (*Report, error) {
	r := &Report{ID: newID(), At: now.UTC(), Who: o.Who, DryRun: o.DryRun, Rows: map[string]int64{}, Reports: []string{}, Rules: map[string]any{
		"payload_days": days(d.Rules.Payloads), "report_days": days(d.Rules.Reports), "children_days": days(d.Rules.Children), "runs": d.Rules.Runs, "rewrite": d.Rules.Rewrite}}
	var all gone
	for _, step := range []func(context.Context, *Report, *gone) error{d.payloads, d.runs, d.children, d.reports} {
		if err := step(ctx, r, &all); err != nil {
			return nil, fmt.Errorf("retention: %w", err)
		}
	}
	if o.DryRun {
		return r, nil
	}
	if err := d.compact(ctx, r); err != nil {
		return nil, err
	}
	var failed error
	if r.Children > 0 {
		if r.Proof, failed = d.prove(ctx, &all); r.Proof == nil {
			return nil, failed
		}
	}
	text, err := json.Marshal(r)
	if err == nil {
		err = d.Store.AddRetentionRun(ctx, r.ID, o.Who, text)
	}
	if err != nil {
		return nil, err
	}
	return r, failed
}

// compact gives the room back of the tables that have lost rows.
func (d *Deps) compact(ctx context.Context, r *Report) error {
	tables := slices.Collect(maps.Keys(r.Rows))
	if d.Rules.Payloads > 0 {
		tables = append(tables, d.Store.PayloadTables()...)
	}
	if r.Children+r.Payloads == 0 {
		return nil
	}
	slices.Sort(tables)
	return d.Store.Compact(ctx, slices.Compact(tables), d.Rules.Rewrite)
}

func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return "p" + hex.EncodeToString(b[:])
}

func days(d time.Duration) int64 { return int64(d / (24 * time.Hour)) }

// gone is by what the proof looks for what was purged.
type gone struct{ names, keys []string }

// String is the result of a slot.
func (r *Report) String() string {
	words := fmt.Sprintf("%d children, %d payloads, %d runs, %d days of files deleted; %d children held back", r.Children, r.Payloads, r.Runs, len(r.Reports), r.Held)
	if r.Proof != nil {
		words += fmt.Sprintf("; proof: %d rows and %d files read, %d places with traces", r.Proof.RowsRead, r.Proof.FilesRead, len(r.Proof.Found))
	}
	return words
}

func (d *Deps) progress(what string, done int64) {
	if d.Progress != nil {
		d.Progress(what, done)
	}
}

// payloads erases the bytes of old messages.
func (d *Deps) payloads(ctx context.Context, r *Report, _ *gone) error {
	if d.Rules.Payloads == 0 {
		return nil
	}
	for {
		n, err := d.Store.ErasePayloads(ctx, r.At.Add(-d.Rules.Payloads), 1000, r.DryRun)
		r.Payloads += n
		if err != nil || n == 0 || r.DryRun {
			return err
		}
		d.progress("payloads", r.Payloads)
	}
}

// runs drops old nights.
func (d *Deps) runs(ctx context.Context, r *Report, _ *gone) error {
	if d.Rules.Runs == 0 || r.DryRun {
		return nil
	}
	dropped, err := d.Store.PruneRuns(ctx, d.Rules.Runs)
	r.Runs = len(dropped)
	return err
}

// children purges whoever is due. A batch that a legal hold stops goes child by
// child, so that it keeps nobody else.
func (d *Deps) children(ctx context.Context, r *Report, all *gone) error {
	if d.Rules.Children == 0 {
		return nil
	}
	before := r.At.Add(-d.Rules.Children)
	held, err := d.Store.HeldBack(ctx, before)
	if err != nil {
		return err
	}
	r.Held = int64(held)
	for after := ""; ; {
		list, err := d.Store.Purgeable(ctx, before, after, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1]
		if err := d.purge(ctx, r, all, list); err != nil {
			return err
		}
		d.progress("children", r.Children)
	}
}

func (d *Deps) purge(ctx context.Context, r *Report, all *gone, persons []string) error {
	p, err := d.Store.Purge(ctx, persons, r.DryRun)
	var fault *gateway.Fault
	switch {
	case err == nil:
	case !errors.As(err, &fault) || fault.Code != gateway.Conflict:
		return err
	case len(persons) == 1:
		r.Held++
		return nil
	default:
		for _, one := range persons {
			if err := d.purge(ctx, r, all, []string{one}); err != nil {
				return err
			}
		}
		return nil
	}
	r.Children += int64(len(persons))
	r.Shared += p.Shared
	for table, n := range p.Rows {
		r.Rows[table] += n
	}
	all.names, all.keys = append(all.names, p.Names...), append(all.keys, p.Keys...)
	return nil
}
