package ledger

// Tally counts over cases; tallies of parts add up to that of the whole.
type Tally struct {
	Children   int64 `json:"children"`
	RowsIn     int64 `json:"rows_in"`    // service rows read, older versions too
	RowsOut    int64 `json:"rows_out"`   // lines with a verdict
	Superseded int64 `json:"superseded"` // rows that a later one of the same key replaces
	AuthRows   int64 `json:"authorization_rows"`
	SpanRows   int64 `json:"enrollment_rows"`
	// Fingerprint is a sum over the content of all rows read: equal facts give
	// equal sums in any order.
	Fingerprint uint64                       `json:"fingerprint,string"`
	Verdicts    map[Verdict]*Count           `json:"verdicts"`
	Programs    map[string]map[Verdict]int64 `json:"programs"` // of the span that holds the date; "" = none
	Payers      map[string]map[Verdict]int64 `json:"payers"`
	Auths       AuthCount                    `json:"authorizations"`
	PlanRows    int64                        `json:"plan_rows"` // versions of plans and teams read
	Findings    map[FindingKind]int64        `json:"findings"`
	Flags       map[string]int64             `json:"flags"` // lines by flag
}

// Count is a number of lines and what was given to them.
type Count struct {
	Lines   int64 `json:"lines"`
	Matched int64 `json:"matched_units"`
	Flagged int64 `json:"flagged"`
}

// AuthCount counts authorizations in force.
type AuthCount struct {
	All       int64 `json:"all"`
	Approved  int64 `json:"approved"`
	Units     int64 `json:"units"` // of approved ones
	Used      int64 `json:"used"`
	UnderUsed int64 `json:"under_used"`
	Expiring  int64 `json:"expiring"`
}

// NewTally counts nothing yet.
func NewTally() *Tally {
	return &Tally{Verdicts: map[Verdict]*Count{}, Programs: map[string]map[Verdict]int64{}, Payers: map[string]map[Verdict]int64{}, Findings: map[FindingKind]int64{}, Flags: map[string]int64{}}
}

// Add counts one settled case.
func (t *Tally) Add(c *Case, r *Result, asOf Day, rules *Rules) {
	t.Children++
	own := t.rows(c)
	t.RowsOut += int64(len(r.Lines))
	if own != len(r.Lines) {
		t.Superseded += int64(own - inForce(c))
	}
	for i := range r.Lines {
		v := &r.Lines[i]
		n := t.Verdicts[v.Verdict]
		if n == nil {
			n = &Count{}
			t.Verdicts[v.Verdict] = n
		}
		n.Lines++
		n.Matched += v.Matched
		n.Flagged += int64(min(len(v.Flags), 1))
		for _, flag := range v.Flags {
			t.Flags[flag]++
		}
		payer, program := spanOf(c, v.Line.Date)
		count(t.Payers, payer, v.Verdict, 1)
		count(t.Programs, program, v.Verdict, 1)
	}
	for i := range r.Uses {
		t.Auths.add(&r.Uses[i], asOf, rules)
	}
	for i := range r.Found {
		t.Findings[r.Found[i].Kind]++
	}
}

func (a *AuthCount) add(u *Use, asOf Day, rules *Rules) {
	a.All++
	if !u.Auth.TakesPart() {
		return
	}
	a.Approved++
	a.Units += u.Auth.Units
	a.Used += u.Used
	if u.UnderUsed(asOf, rules) {
		a.UnderUsed++
	}
	if u.Expiring(asOf, rules) {
		a.Expiring++
	}
}

// rows counts and fingerprints the case's own rows; it gives the number of lines.
func (t *Tally) rows(c *Case) (lines int) {
	for i := range c.Lines {
		if l := &c.Lines[i]; !l.Foreign {
			lines++
			t.Fingerprint += mix(uint64(l.Date), uint64(l.Units.Coef), uint64(l.Received), l.Partner, l.ID, l.Provider, l.Code, l.Modifiers, l.Replaces)
		}
	}
	for i := range c.Auths {
		if a := &c.Auths[i]; !a.Foreign {
			t.AuthRows++
			t.Fingerprint += mix(uint64(a.Start)<<32^uint64(uint32(a.End)), uint64(a.Units), uint64(a.Received), a.Partner, a.ID, a.Provider, a.Code, a.Modifiers, string(a.Status))
			if a.Continuation() {
				t.Fingerprint += mix(uint64(a.Level), 0, 0, a.Continues.Partner, a.Continues.ID)
			}
		}
	}
	for i := range c.Spans {
		s := &c.Spans[i]
		t.SpanRows++
		t.Fingerprint += mix(uint64(s.Start), uint64(s.End), uint64(s.Received), s.Partner, s.Payer, s.Program)
	}
	for i := range c.Plans {
		if p := &c.Plans[i]; !p.Foreign {
			t.PlanRows++
			t.Fingerprint += mix(uint64(p.Start)<<32^uint64(uint32(p.End)), uint64(len(p.Items)), uint64(p.Received), p.Partner, string(p.Kind), p.ID, p.Status)
			for n, i := range p.Items {
				t.Fingerprint += mix(uint64(n), uint64(i.Start), uint64(i.End), p.ID, i.ID, i.Code, i.Modifiers, i.Provider, i.Organization, i.Role)
			}
		}
	}
	t.RowsIn += int64(lines)
	return lines
}

// inForce counts the keys of the case's own lines that no later foreign row
// took over. It does not ask Settle: it checks it.
func inForce(c *Case) (n int) {
	type key struct{ partner, id string }
	last := map[key]*Line{}
	for i := range c.Lines {
		l := &c.Lines[i]
		k := key{l.Partner, l.ID}
		if old := last[k]; old == nil || l.Received > old.Received || l.Received == old.Received && l.Seq > old.Seq {
			last[k] = l
		}
	}
	for _, l := range last {
		if !l.Foreign {
			n++
		}
	}
	return n
}

// spanOf is the payer and the program of the spans that hold a date, the
// smallest named ones if several do.
func spanOf(c *Case, d Day) (payer, program string) {
	for i := range c.Spans {
		s := &c.Spans[i]
		if s.Start > d || s.End < d {
			continue
		}
		if s.Payer != "" && (payer == "" || s.Payer < payer) {
			payer = s.Payer
		}
		if s.Program != "" && (program == "" || s.Program < program) {
			program = s.Program
		}
	}
	return payer, program
}

func count(into map[string]map[Verdict]int64, name string, v Verdict, n int64) {
	if into[name] == nil {
		into[name] = map[Verdict]int64{}
	}
	into[name][v] += n
}

// mix is a 64-bit FNV-1a over whole words, with a last avalanche: good enough to
// notice a change, no proof against a forger (the files' SHA-256 are).
func mix(a, b, c uint64, texts ...string) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for _, n := range [...]uint64{a, b, c} {
		h = (h ^ n) * prime
		h ^= h >> 29
	}
	for _, s := range texts {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		h = (h ^ 0xff) * prime
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}
