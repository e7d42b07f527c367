package x12

import (
	"slices"
	"strconv"
	"strings"
)

// maxIssues bounds what is remembered of one transaction; a 999 that lists
// fifty mistakes has said enough.
const maxIssues = 50

// judge checks one transaction while its segments come by: signs, elements,
// codes, the order of HL and what must be there (SNIP 1 and 2, from our tables).
type judge struct {
	limits  Limits
	id      string
	rules   set
	allowed map[string]bool
	defs    map[string]*definition // of the segments met, read once
	seen    uint64                 // bits of rules.needs
	open    []opened
	levels  []level
	lastHL  int
	issues  Issues
	frames  int // how many frames were opened
	units   int
	gaps    bool // HL numbers may leave some out
}

type opened struct {
	*frame
	have uint64 // bits of needs
}

type level struct{ id, code string }

func newJudge(id string, l Limits) *judge {
	j := &judge{limits: l, id: id, rules: sets[id], allowed: map[string]bool{}, defs: map[string]*definition{}}
	for _, s := range strings.Fields(j.rules.allowed) {
		j.allowed[s] = true
	}
	return j
}

func (j *judge) add(i Issue) {
	if len(j.issues) < maxIssues {
		if i.Place.Loop == "" && len(j.open) > 0 {
			i.Place.Loop = j.open[len(j.open)-1].loop
		}
		i.Bad, i.Place.Segment = strings.Clone(i.Bad), strings.Clone(i.Place.Segment)
		j.issues = append(j.issues, i)
	}
}

// segment judges the next segment of the transaction, ST and SE included.
func (j *judge) segment(s Segment) {
	id := s.ID()
	if s.Cut {
		j.add(Issue{Level: AtSegment, Code: SegmentElements, Place: s.Place(0, 0), Found: "a segment that is too long", Allowed: "at most " + strconv.Itoa(j.limits.Segment) + " bytes", Fix: "look for a missing terminator"})
		return
	}
	if !j.allowed[id] {
		j.unknown(s, id)
		return
	}
	j.enter(s, id)
	j.note(s, id)
	j.elements(s, id)
	if id == j.rules.unit || id == "PLB" {
		j.units++
	}
}

func (j *judge) unknown(s Segment, id string) {
	code := SegmentNotInSet
	if _, known := segments[id]; !known {
		code = SegmentUnknown
	}
	j.add(Issue{Level: AtSegment, Code: code, Place: Place{Segment: plainID(id), Position: s.Pos}, Found: "the segment " + word(id, 3), Allowed: "the segments of a " + j.id, Fix: "leave it out, or look for a lost terminator"})
}

// plainID keeps what is no name of a segment out of our answers.
func plainID(id string) string {
	if len(id) < 2 || len(id) > 3 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return "ZZZ"
	}
	return id
}

// enter opens the frame that a segment begins, and closes those before it.
func (j *judge) enter(s Segment, id string) {
	name := id
	if id == "HL" {
		name = "HL*" + s.Elem(3)
	}
	at := slices.IndexFunc(j.rules.frames, func(f frame) bool { return f.start == name })
	if id == "HL" {
		defer j.hl(s)
	}
	switch {
	case id == "SE":
		j.close(s.Pos, -1)
		j.least(s.Pos)
	case at >= 0:
		f := &j.rules.frames[at]
		j.least(s.Pos)
		j.close(s.Pos, f.rank)
		j.frames++
		j.open = append(j.open, opened{f, 0})
	case id == "HL":
		j.add(Issue{Place: s.Place(3, 0), Code: ElementCode, Bad: word(s.Elem(3), 2), Found: "the level " + word(s.Elem(3), 2), Allowed: "the levels of a " + j.id, Fix: "write the level's own code"})
	}
}

// least asks, once, for what must stand before the first frame.
func (j *judge) least(pos int) {
	if j.frames > 0 {
		return
	}
	for n, need := range j.rules.needs {
		if j.seen&(1<<n) == 0 {
			j.missing(need, pos, "")
		}
	}
	j.frames++
}

// close ends the frames of a rank and below it and asks for what they lack.
func (j *judge) close(pos, rank int) {
	for len(j.open) > 0 && j.open[len(j.open)-1].rank >= max(rank, 0) {
		f := j.open[len(j.open)-1]
		for n, need := range f.needs {
			if f.have&(1<<n) == 0 {
				j.missing(need, pos, f.loop)
			}
		}
		j.open = j.open[:len(j.open)-1]
	}
}

func (j *judge) missing(need string, pos int, loop string) {
	need, others, _ := strings.Cut(need, "/")
	id, first, _ := strings.Cut(need, "*")
	what := id
	if first != "" {
		what += " with " + strconv.Quote(first)
	}
	if others != "" {
		what += ", " + strings.ReplaceAll(others, "/", ", ")
	}
	j.add(Issue{Level: AtSegment, Code: SegmentMissing, Place: Place{Segment: id, Position: pos, Loop: loop}, Found: "no " + what + " before this place", Allowed: "one at least", Fix: "add it"})
}

// note remembers what is there, for the needs.
func (j *judge) note(s Segment, id string) {
	if len(j.open) == 0 {
		j.seen |= meets(s, id, j.rules.needs)
		return
	}
	for i := range j.open {
		if f := &j.open[i]; f.have+1 != 1<<len(f.needs) { // something is missing yet
			f.have |= meets(s, id, f.needs)
		}
	}
}

// meets are the bits of the needs that a segment fills.
func meets(s Segment, id string, needs []string) uint64 {
	var bits uint64
	for n, need := range needs {
		for need != "" {
			var one string
			one, need, _ = strings.Cut(need, "/")
			if name, first, _ := strings.Cut(one, "*"); name == id && (first == "" || first == s.Elem(1)) {
				bits |= 1 << n
			}
		}
	}
	return bits
}

// hl checks the number, the parent and the level of an HL.
func (j *judge) hl(s Segment) {
	n, err := strconv.Atoi(s.Elem(1))
	wrong := err != nil || n <= j.lastHL || n > j.lastHL+1 && !j.gaps
	j.lastHL = n
	for len(j.levels) > 0 && j.levels[len(j.levels)-1].id != s.Elem(2) {
		j.levels = j.levels[:len(j.levels)-1]
	}
	under := ""
	if len(j.levels) > 0 {
		under = j.levels[len(j.levels)-1].code
	}
	if wrong || len(j.levels) == 0 && s.Elem(2) != "" {
		j.add(wrongHL(s))
	}
	for _, f := range j.rules.frames {
		if f.start == "HL*"+s.Elem(3) && !slices.Contains(strings.Fields(f.parent), under) && f.parent+under != "" {
			j.add(Issue{Level: AtSegment, Code: SegmentSequence, Place: s.Place(0, 0), Found: "level " + s.Elem(3) + " under " + word(under, 2), Allowed: "under " + f.parent, Fix: "bring the HL segments into order"})
		}
	}
	j.levels = append(j.levels, level{s.Elem(1), s.Elem(3)})
}

// Check judges a transaction by itself, as Check judges those of a file. The HL
// numbers of a unit may have gaps: what it stands under is with it, its
// neighbours are not.
func (t *Transaction) Check() Issues {
	j := newJudge(t.ID(), Limits{}.filled())
	if j.rules.functional == "" || !hasPrefix(t.Version(), j.rules.version) {
		return Issues{{Level: AtTransaction, Code: SetUnknown, Place: t.Segments[0].Place(1, 0), Found: word(t.ID(), 3) + " of version " + word(t.Version(), 12), Allowed: "the versions that docs/mappings lists", Fix: "send it as one of them"}}
	}
	j.gaps = true
	for _, s := range t.Segments {
		j.segment(s)
	}
	return j.issues
}
