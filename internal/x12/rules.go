package x12

import (
	"fmt"
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

// definition is a segment of the tables as it is looked up.
type definition struct {
	elements []part // none: the segment is checked for its signs only
	dated    int    // element that describes the date behind it (X12 1250); 0 = none
}

// part is one element or component of a segment.
type part struct {
	ref       string
	must      bool
	element   element
	composite []part
	codes     []string // none = any
}

func (j *judge) definition(id string) *definition {
	d, ok := j.defs[id]
	if !ok {
		d = &definition{elements: j.parts(id, strings.Fields(segments[id]), 0), dated: map[string]int{"DTP": 2, "DMG": 1}[id]}
		j.defs[strings.Clone(id)] = d
	}
	return d
}

// parts reads the elements of a segment, or the components of its element n.
func (j *judge) parts(id string, refs []string, n int) []part {
	out := make([]part, len(refs))
	for i, ref := range refs {
		p := &out[i]
		p.ref, p.must = strings.CutSuffix(ref, "!")
		p.element = elements[p.ref]
		key := fmt.Sprintf("%s %s%02d", j.id, id, i+1)
		if n > 0 {
			key = fmt.Sprintf("%s %s%02d-%d", j.id, id, n, i+1)
		}
		p.codes = strings.Fields(codes[key])
		if n == 0 {
			p.composite = j.parts(id, strings.Fields(composites[p.ref]), i+1)
		}
	}
	return out
}

// elements checks each element against its segment's table.
func (j *judge) elements(s Segment, id string) {
	d := j.definition(id)
	rest, more := s.text[len(id):], len(s.text) > len(id)
	n := 0
	for ; more; n++ {
		var raw string
		raw, rest, more = next(rest[1:], s.d.Element)
		switch {
		case n < len(d.elements):
			j.element(s, n+1, &d.elements[n], raw)
		case j.signs(s, n+1, raw) && n == len(d.elements) && n > 0:
			j.add(Issue{Place: s.Place(n+1, 0), Code: ElementTooMany, Found: "an element more", Allowed: strconv.Itoa(len(d.elements)) + " at most", Fix: "leave the rest out"})
		}
	}
	for ; n < len(d.elements); n++ {
		if d.elements[n].must {
			j.element(s, n+1, &d.elements[n], "")
		}
	}
	if d.dated > 0 {
		j.date(s, d.dated)
	}
}

// next cuts the next part off; rest begins with the separator where there is more.
func next(text string, sep byte) (part, rest string, more bool) {
	if at := strings.IndexByte(text, sep); at >= 0 {
		return text[:at], text[at:], true
	}
	return text, "", false
}

func (j *judge) element(s Segment, n int, p *part, raw string) {
	if raw == "" {
		if p.must {
			j.add(Issue{Place: s.Place(n, 0), Code: ElementMissing, Found: "nothing", Allowed: "element " + p.ref, Fix: "fill it"})
		}
		return
	}
	if !j.signs(s, n, raw) {
		return
	}
	for more := true; more; {
		one := raw
		if more = false; s.d.Repetition != 0 {
			one, raw, more = next(raw, s.d.Repetition)
		}
		if len(p.composite) > 0 {
			j.composite(s, n, p.composite, one)
		} else if p.ref[0] != 'C' {
			j.value(s, n, 0, p, one)
		}
		raw = strings.TrimPrefix(raw, string(s.d.Repetition))
	}
}

func (j *judge) composite(s Segment, n int, def []part, raw string) {
	c := 0
	for more := true; more; c++ {
		var one string
		if one, raw, more = next(raw, s.d.Component); more {
			raw = raw[1:]
		}
		switch {
		case c >= len(def):
			j.add(Issue{Place: s.Place(n, c+1), Code: ElementTooMany, Found: "a component more", Allowed: strconv.Itoa(len(def)) + " at most", Fix: "leave the rest out"})
			return
		case one != "":
			j.value(s, n, c+1, &def[c], one)
		case def[c].must:
			j.absent(s, n, c+1, &def[c])
		}
	}
	for ; c < len(def); c++ {
		if def[c].must {
			j.absent(s, n, c+1, &def[c])
		}
	}
}

func (j *judge) absent(s Segment, n, c int, p *part) {
	j.add(Issue{Place: s.Place(n, c), Code: ElementMissing, Found: "nothing", Allowed: "element " + p.ref, Fix: "fill it"})
}

// signs refuses control characters and elements beyond the limit.
func (j *judge) signs(s Segment, n int, raw string) bool {
	if len(raw) > j.limits.Element {
		j.add(Issue{Place: s.Place(n, 0), Code: ElementLong, Found: strconv.Itoa(len(raw)) + " bytes", Allowed: "at most " + strconv.Itoa(j.limits.Element), Fix: "look for a missing delimiter"})
		return false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] < ' ' || raw[i] == 0x7f {
			j.add(Issue{Place: s.Place(n, 0), Code: ElementCharacter, Found: "a control character", Allowed: "printable characters", Fix: "take it out"})
			return false
		}
	}
	return true
}

// value checks type, length and code of one value.
func (j *judge) value(s Segment, n, c int, p *part, raw string) {
	v := strings.TrimRight(raw, " ")
	e := &p.element
	if e.kind == "" || v == "" {
		return
	}
	size := len(v)
	if e.kind == "R" || e.kind == "N0" {
		size = len(v) - strings.Count(v, ".") - strings.Count(v, "-")
	}
	var code, allowed, fix string
	switch {
	case size < e.least:
		code, allowed, fix = ElementShort, strconv.Itoa(e.least)+" characters or more", "write it whole"
	case size > e.most && len(strings.TrimLeft(v, "0")) > e.most:
		code, allowed, fix = ElementLong, strconv.Itoa(e.most)+" characters or fewer", "shorten it"
	case !fits(e.kind, v):
		code, allowed, fix = faults[e.kind], typeWords[e.kind], "write it so"
	case len(p.codes) > 0 && !slices.Contains(p.codes, v):
		code, allowed, fix = ElementCode, strings.Join(p.codes, " "), "use one of these codes"
	default:
		return
	}
	i := Issue{Place: s.Place(n, c), Code: code, Found: word(v, 20), Bad: v, Allowed: allowed, Fix: fix}
	switch {
	case e.kind == "AN":
		i.Found, i.Bad = "text of "+strconv.Itoa(len(v))+" bytes", ""
	case i.Found[0] != '"':
		i.Bad = ""
	}
	j.add(i)
}

// faults and typeWords say what is wrong with a value of a type.
var (
	faults    = map[string]string{"DT": ElementDate, "TM": ElementTime, "R": ElementCharacter, "N0": ElementCharacter, "ID": ElementCharacter}
	typeWords = map[string]string{"DT": "CCYYMMDD", "TM": "HHMM, HHMMSS or HHMMSSDD", "R": "a decimal number", "N0": "a whole number", "ID": "letters and digits"}
)

func fits(kind, v string) bool {
	switch kind {
	case "DT":
		_, ok := Day(v)
		return ok
	case "TM":
		_, ok := Clock(v)
		return ok
	case "R":
		_, ok := Decimal(v)
		return ok
	case "N0":
		return digits(strings.TrimPrefix(v, "-"))
	case "ID":
		for i := 0; i < len(v); i++ {
			if !isLetterOrDigit(v[i]) {
				return false
			}
		}
	}
	return true
}

// date checks the date that the qualifier in element n describes (X12 1250 and 1251).
func (j *judge) date(s Segment, n int) {
	if q := s.Elem(n); q != "D8" && q != "RD8" || s.Elem(n+1) == "" {
		return
	}
	if _, _, ok := s.Period(n); !ok {
		j.add(Issue{Place: s.Place(n+1, 0), Code: ElementDate, Found: "no " + s.Elem(n), Allowed: "D8: CCYYMMDD; RD8: CCYYMMDD-CCYYMMDD, the earlier day first", Fix: "write the date so"})
	}
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
