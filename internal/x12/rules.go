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
	defs    map[string][]string // segments, split once
	seen    uint64              // bits of rules.needs
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
	j := &judge{limits: l, id: id, rules: sets[id], allowed: map[string]bool{}, defs: map[string][]string{}}
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
		j.open[i].have |= meets(s, id, j.open[i].needs)
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

// elements checks each element against its segment's table.
func (j *judge) elements(s Segment, id string) {
	def, ok := j.defs[id]
	if !ok {
		def = strings.Fields(segments[id])
		j.defs[id] = def
	}
	n := s.Count()
	if len(def) > 0 && n > len(def) {
		j.add(Issue{Place: s.Place(len(def)+1, 0), Code: ElementTooMany, Found: strconv.Itoa(n) + " elements", Allowed: strconv.Itoa(len(def)) + " at most", Fix: "leave the rest out"})
		n = len(def)
	}
	for i := range max(n, len(def)) {
		if i >= len(def) {
			j.signs(s, i+1, s.raw(i+1))
			continue
		}
		ref, must := strings.CutSuffix(def[i], "!")
		j.element(s, i+1, ref, must, s.raw(i+1))
	}
	j.date(s, id)
}

func (j *judge) element(s Segment, n int, ref string, must bool, raw string) {
	if raw == "" {
		if must {
			j.add(Issue{Place: s.Place(n, 0), Code: ElementMissing, Found: "nothing", Allowed: "element " + ref, Fix: "fill it"})
		}
		return
	}
	if !j.signs(s, n, raw) {
		return
	}
	if ref[0] == 'C' {
		j.composite(s, n, ref, raw)
		return
	}
	if s.d.Repetition != 0 && strings.IndexByte(raw, s.d.Repetition) >= 0 {
		for _, one := range strings.Split(raw, string(s.d.Repetition)) {
			j.value(s, n, 0, ref, one)
		}
		return
	}
	j.value(s, n, 0, ref, raw)
}

func (j *judge) composite(s Segment, n int, ref, raw string) {
	def := strings.Fields(composites[ref])
	if len(def) == 0 {
		return
	}
	for _, one := range strings.Split(raw, string(s.d.Repetition)) {
		parts := strings.Split(one, string(s.d.Component))
		for c, want := range def {
			inner, must := strings.CutSuffix(want, "!")
			switch {
			case c < len(parts) && parts[c] != "":
				j.value(s, n, c+1, inner, parts[c])
			case must:
				j.add(Issue{Place: s.Place(n, c+1), Code: ElementMissing, Found: "nothing", Allowed: "element " + inner, Fix: "fill it"})
			}
		}
		if len(parts) > len(def) {
			j.add(Issue{Place: s.Place(n, len(def)+1), Code: ElementTooMany, Found: strconv.Itoa(len(parts)) + " components", Allowed: strconv.Itoa(len(def)) + " at most", Fix: "leave the rest out"})
		}
	}
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
func (j *judge) value(s Segment, n, c int, ref, raw string) {
	v := strings.TrimRight(raw, " ")
	e, known := elements[ref]
	if !known || v == "" {
		return
	}
	i := Issue{Place: s.Place(n, c), Found: word(v, 20), Bad: v}
	switch {
	case e.kind == "AN":
		i.Found, i.Bad = "text of "+strconv.Itoa(len(v))+" bytes", ""
	case len(v) > 20 || i.Found[0] != '"':
		i.Bad = ""
	}
	size := len(v)
	if e.kind == "R" || e.kind == "N0" {
		size = len(strings.Trim(strings.Replace(v, ".", "", 1), "-"))
	}
	switch {
	case size < e.least:
		i.Code, i.Allowed, i.Fix = ElementShort, strconv.Itoa(e.least)+" characters or more", "write it whole"
	case size > e.most && len(strings.TrimLeft(v, "0")) > e.most:
		i.Code, i.Allowed, i.Fix = ElementLong, strconv.Itoa(e.most)+" characters or fewer", "shorten it"
	case !fits(e.kind, v):
		i.Code, i.Allowed, i.Fix = faults[e.kind], typeWords[e.kind], "write it so"
	case !j.listed(s, n, c, v):
		i.Code, i.Allowed, i.Fix = ElementCode, codes[j.listOf(s, n, c)], "use one of these codes"
	default:
		return
	}
	j.add(i)
}

func (j *judge) listOf(s Segment, n, c int) string {
	key := j.id + " " + s.ID()
	if n < 10 {
		key += "0"
	}
	key += strconv.Itoa(n)
	if c > 0 {
		key += "-" + strconv.Itoa(c)
	}
	return key
}

// coded are the segments that have a list in codes: the others need no look.
const coded = " UM HCR BHT CLM INS CLP DMG HL "

func (j *judge) listed(s Segment, n, c int, v string) bool {
	if !strings.Contains(coded, " "+s.ID()+" ") {
		return true
	}
	list, ok := codes[j.listOf(s, n, c)]
	return !ok || slices.Contains(strings.Fields(list), v)
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

// date checks the date that a qualifier describes (X12 1250 and 1251).
func (j *judge) date(s Segment, id string) {
	at := 0
	switch id {
	case "DTP":
		at = 2
	case "DMG":
		at = 1
	}
	if q := s.Elem(at); at == 0 || q != "D8" && q != "RD8" || s.Elem(at+1) == "" {
		return
	}
	if _, _, ok := s.Period(at); !ok {
		j.add(Issue{Place: s.Place(at+1, 0), Code: ElementDate, Found: "no " + s.Elem(at), Allowed: "D8: CCYYMMDD; RD8: CCYYMMDD-CCYYMMDD, the earlier day first", Fix: "write the date so"})
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
