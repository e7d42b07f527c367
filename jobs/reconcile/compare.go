package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/ledger"
)

// Change is what became of one line, or group of lines, between two runs; an
// empty verdict says that the line was not there.
type Change struct {
	From  ledger.Verdict `json:"from"`
	To    ledger.Verdict `json:"to"`
	Lines int64          `json:"lines"`
	Units int64          `json:"units"` // matched after less matched before
}

// Comparison is what differs between two runs.
type Comparison struct {
	From    *ledger.Summary `json:"from"`
	To      *ledger.Summary `json:"to"`
	Same    int64           `json:"same"` // lines with the same verdict and units
	Changes []Change        `json:"changes"`
}

// LineChange is one line whose verdict or units differ.
type LineChange struct {
	Partner, ID string
	From, To    ledger.VerdictRow // the zero row where the line was not there
}

// Compare holds two published runs against each other, line by line in order of
// (id, partner). each gets every line that differs, and may be nil. Memory does not grow with the lines.
func Compare(ctx context.Context, d Deps, from, to *ledger.Run, each func(*LineChange) error) (*Comparison, error) {
	if !from.Published || !to.Published {
		return nil, errors.New("compare: both runs have to be finished")
	}
	left, stopLeft := pull(ctx, d, from)
	defer stopLeft()
	right, stopRight := pull(ctx, d, to)
	defer stopRight()
	c := &Comparison{From: from.Summary, To: to.Summary, Changes: []Change{}}
	counts := map[[2]ledger.Verdict]*Change{}
	a, b := left.next(), right.next()
	for a != nil || b != nil {
		change := LineChange{}
		order := compareRows(a, b)
		if order <= 0 {
			change.From, change.Partner, change.ID = *a, a.Partner, a.ID
			a = left.next()
		}
		if order >= 0 {
			change.To, change.Partner, change.ID = *b, b.Partner, b.ID
			b = right.next()
		}
		if change.From.Verdict == change.To.Verdict && change.From.Matched == change.To.Matched {
			c.Same++
			continue
		}
		count(counts, &change)
		if each != nil {
			if err := each(&change); err != nil {
				return nil, err
			}
		}
	}
	for _, n := range counts {
		c.Changes = append(c.Changes, *n)
	}
	slices.SortFunc(c.Changes, func(a, b Change) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return c, errors.Join(left.err, right.err)
}

func count(counts map[[2]ledger.Verdict]*Change, c *LineChange) {
	key := [2]ledger.Verdict{c.From.Verdict, c.To.Verdict}
	if counts[key] == nil {
		counts[key] = &Change{From: key[0], To: key[1]}
	}
	counts[key].Lines++
	counts[key].Units += c.To.Matched - c.From.Matched
}

// compareRows orders two rows; what is at its end comes last.
func compareRows(a, b *ledger.VerdictRow) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Partner, b.Partner))
}

// rows are the verdicts of a run, taken one after the other.
type rows struct {
	in  chan ledger.VerdictRow
	err error
}

// pull reads a run in the background until stop is called.
func pull(ctx context.Context, d Deps, run *ledger.Run) (r *rows, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	r = &rows{in: make(chan ledger.VerdictRow, 256)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(r.in)
		err := d.Results.EachVerdict(ctx, run, func(v *ledger.VerdictRow) error {
			select {
			case r.in <- *v:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			r.err = fmt.Errorf("run %s: %w", run.ID, err)
		}
	}()
	return r, func() {
		cancel()
		<-done
	}
}

func (r *rows) next() *ledger.VerdictRow {
	v, ok := <-r.in
	if !ok {
		return nil
	}
	return &v
}
