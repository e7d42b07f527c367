package ledger

import "maps"

// Merge adds another tally.
func (t *Tally) Merge(o *Tally) { t.sum(o, 1) }

// Subtract takes another tally away: what is left may be less than nothing,
// until it is added to a whole.
func (t *Tally) Subtract(o *Tally) { t.sum(o, -1) }

func (t *Tally) sum(o *Tally, sign int64) {
	t.Children += sign * o.Children
	t.RowsIn += sign * o.RowsIn
	t.RowsOut += sign * o.RowsOut
	t.Superseded += sign * o.Superseded
	t.AuthRows += sign * o.AuthRows
	t.SpanRows += sign * o.SpanRows
	t.PlanRows += sign * o.PlanRows
	t.Fingerprint += uint64(sign) * o.Fingerprint
	for v, n := range o.Verdicts {
		if t.Verdicts[v] == nil {
			t.Verdicts[v] = &Count{}
		}
		t.Verdicts[v].Lines += sign * n.Lines
		t.Verdicts[v].Matched += sign * n.Matched
		t.Verdicts[v].Flagged += sign * n.Flagged
	}
	for k, n := range o.Findings {
		t.Findings[k] += sign * n
	}
	for f, n := range o.Flags {
		t.Flags[f] += sign * n
	}
	for into, from := range map[*map[string]map[Verdict]int64]map[string]map[Verdict]int64{&t.Programs: o.Programs, &t.Payers: o.Payers} {
		for name, verdicts := range from {
			for v, n := range verdicts {
				count(*into, name, v, sign*n)
			}
		}
	}
	a, b := &t.Auths, &o.Auths
	a.All, a.Approved, a.Units, a.Used = a.All+sign*b.All, a.Approved+sign*b.Approved, a.Units+sign*b.Units, a.Used+sign*b.Used
	a.UnderUsed, a.Expiring = a.UnderUsed+sign*b.UnderUsed, a.Expiring+sign*b.Expiring
}

// DropZeros leaves out what counts nothing, as a tally that only ever counted
// up would.
func (t *Tally) DropZeros() {
	maps.DeleteFunc(t.Verdicts, func(_ Verdict, n *Count) bool { return n.Lines == 0 })
	maps.DeleteFunc(t.Findings, func(_ FindingKind, n int64) bool { return n == 0 })
	maps.DeleteFunc(t.Flags, func(_ string, n int64) bool { return n == 0 })
	for _, names := range []map[string]map[Verdict]int64{t.Programs, t.Payers} {
		for _, verdicts := range names {
			maps.DeleteFunc(verdicts, func(_ Verdict, n int64) bool { return n == 0 })
		}
		maps.DeleteFunc(names, func(_ string, verdicts map[Verdict]int64) bool { return len(verdicts) == 0 })
	}
}
