package x12

import (
	"errors"
	"io"
	"strconv"
)

// Report is what Check found in a file: its interchanges in their order.
type Report struct {
	Interchanges []*Interchange
	Broken       string // why the rest of the file could not be read; empty = it was read to its end
}

// Interchange is one ISA..IEA and what is wrong with it.
type Interchange struct {
	Header
	ISA    Segment
	Note   string // TA1 note: "000" = nothing is wrong
	Groups []*Group
	TA1s   []TA1 // acknowledgements that it carries
}

// Group is one GS..GE.
type Group struct {
	GroupHeader
	GS    Segment
	Codes []string // of AK905: why all of it is refused; none = it is not
	Sets  []*Set
}

// Set is one ST..SE.
type Set struct {
	ID, Control, Version string
	Segments             int
	Codes                []string // of IK502 beside those of Issues
	Issues               Issues
	Units                int // how many units Units will give of it
	Given, Refused       int // how many of them came back from Settle
}

// Notes of a TA1 (X12 I18), as open maps list them.
const (
	NoteOK        = "000"
	NoteControl   = "001"
	NoteVersion   = "017"
	NoteNumber    = "018"
	NoteTest      = "020"
	NoteGroups    = "021"
	NoteStructure = "022"
	NoteEnd       = "023"
	NoteContent   = "024"
	NoteDuplicate = "025"
)

// Refused says whether the whole interchange is refused.
func (i *Interchange) Refused() bool { return i.Note != NoteOK }

// Refused says whether the whole group is refused.
func (g *Group) Refused() bool { return len(g.Codes) > 0 }

// Broken says whether the transaction cannot be read as its set wants.
func (s *Set) Broken() bool { return len(s.Codes)+len(s.Issues) > 0 }

// Check reads a file of any length and judges its envelopes and transactions.
// One bad transaction never takes its neighbours down: each has its own verdict.
// The error is the reader's.
func Check(r io.Reader, l Limits) (*Report, error) {
	c := &checker{scan: NewScanner(r, l), report: &Report{}, limits: l.filled()}
	for {
		seg, err := c.scan.Next()
		switch {
		case errors.Is(err, io.EOF):
			c.end(NoteEnd)
			return c.report, nil
		case errors.Is(err, ErrNoISA):
			c.end(NoteEnd)
			c.report.Broken = err.Error()
			return c.report, nil
		case err != nil:
			return nil, err
		}
		c.segment(seg)
	}
}

type checker struct {
	scan   *Scanner
	limits Limits
	report *Report
	in     *Interchange
	group  *Group
	set    *Set
	judge  *judge
	sets   int

	controls map[string]bool // ST02 of the group
}

func (c *checker) segment(s Segment) {
	switch id := s.ID(); {
	case id == "ISA":
		c.end(NoteEnd)
		c.begin(s)
	case id == "IEA":
		c.trailer(s)
	case id == "GS":
		c.closeGroup(GroupTrailer)
		s = s.kept()
		c.group = &Group{GroupHeader: GroupHeaderOf(s), GS: s}
		c.in.Groups, c.controls = append(c.in.Groups, c.group), map[string]bool{}
		c.supported()
	case id == "GE" && c.group != nil:
		c.endGroup(s)
	case id == "ST" && c.group != nil:
		c.closeSet(SetTrailer)
		c.open(s)
	case c.set != nil:
		c.inside(s, id)
	case id == "TA1" && c.group == nil:
		c.in.TA1s = append(c.in.TA1s, TA1{Control: s.Elem(1), Date: s.Elem(2), Time: s.Elem(3), Ack: s.Elem(4), Note: s.Elem(5)})
	default:
		c.fault(NoteStructure)
	}
}

// begin judges an ISA.
func (c *checker) begin(s Segment) {
	s = s.kept()
	h := HeaderOf(s)
	c.in = &Interchange{Header: h, ISA: s, Note: NoteOK}
	c.report.Interchanges = append(c.report.Interchanges, c.in)
	switch {
	case len(h.Control) != 9 || !digits(h.Control):
		c.fault(NoteNumber)
	case h.Version != "00501" && h.Version != "00401":
		c.fault(NoteVersion)
	case s.Elem(15) != "P" && s.Elem(15) != "T":
		c.fault(NoteTest)
	}
}

// fault refuses the interchange; the first note is the one that is said.
func (c *checker) fault(note string) {
	if c.in != nil && c.in.Note == NoteOK {
		c.in.Note = note
	}
}

func (c *checker) trailer(s Segment) {
	if c.in == nil {
		return
	}
	c.closeGroup(GroupTrailer)
	if s.Elem(2) != c.in.Control {
		c.fault(NoteControl)
	}
	if n, err := strconv.Atoi(s.Elem(1)); err != nil || n != len(c.in.Groups) {
		c.fault(NoteGroups)
	}
	c.in = nil
}

// end closes what is open where the file or the interchange breaks off.
func (c *checker) end(note string) {
	if c.in == nil {
		return
	}
	c.closeGroup(GroupTrailer)
	c.fault(note)
	c.in = nil
}

// supported judges GS01 and GS08 together: a version is one of a functional group.
func (c *checker) supported() {
	known := false
	for _, s := range sets {
		if s.functional == c.group.Functional {
			known = true
			if hasPrefix(c.group.Version, s.version) {
				return
			}
		}
	}
	if known {
		c.group.Codes = append(c.group.Codes, GroupVersion)
		return
	}
	c.group.Codes = append(c.group.Codes, GroupUnknown)
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

func (c *checker) endGroup(s Segment) {
	c.closeSet(SetTrailer)
	if s.Elem(2) != c.group.Control {
		c.group.Codes = append(c.group.Codes, GroupControl)
	}
	if n, err := strconv.Atoi(s.Elem(1)); err != nil || n != len(c.group.Sets) {
		c.group.Codes = append(c.group.Codes, GroupCount)
	}
	c.group = nil
}

func (c *checker) closeGroup(code string) {
	c.closeSet(SetTrailer)
	if c.group != nil {
		c.group.Codes = append(c.group.Codes, code)
		c.group = nil
	}
}

// open begins a transaction.
func (c *checker) open(s Segment) {
	s = s.kept()
	set := &Set{ID: s.Elem(1), Control: s.Elem(2), Version: s.Elem(3)}
	if set.Version == "" {
		set.Version = c.group.Version
	}
	if c.controls[set.Control] {
		set.Codes = append(set.Codes, SetRepeated)
	}
	c.controls[set.Control] = true
	rules, known := sets[set.ID]
	judged := set.ID
	if !known || rules.functional != c.group.Functional || !hasPrefix(set.Version, rules.version) {
		set.Codes, judged = append(set.Codes, SetUnknown), ""
	}
	if c.sets++; c.sets > c.limits.Sets {
		c.fault(NoteContent)
		return
	}
	c.set, c.judge = set, newJudge(judged, c.limits)
	c.group.Sets = append(c.group.Sets, set)
	c.inside(s, "ST")
}

// inside judges a segment of the open transaction.
func (c *checker) inside(s Segment, id string) {
	c.set.Segments = s.Pos
	if c.judge.id != "" {
		c.judge.segment(s)
	}
	if id != "SE" {
		return
	}
	for _, i := range trailer(c.set.Control, s, s.Pos) {
		c.set.Codes = append(c.set.Codes, i.Code)
	}
	c.closeSet("")
}

func (c *checker) closeSet(code string) {
	if c.set == nil {
		return
	}
	if code != "" {
		c.set.Codes = append(c.set.Codes, code)
	}
	c.set.Issues, c.set.Units = c.judge.issues, c.judge.units
	if c.judge.rules.unit == "" {
		c.set.Units = 1
	}
	c.set, c.judge = nil, nil
}
