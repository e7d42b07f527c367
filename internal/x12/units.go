package x12

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// Unit is one self-contained piece of a file: a whole transaction, or one
// claim, member or payment of it with the segments it stands under.
type Unit struct {
	In     *Interchange
	Group  *Group
	Set    *Set
	Number int    // of the unit in its transaction, from 1; 0 = the unit is the whole transaction
	At     int    // position of its first own segment in the transaction, ST = 1
	Text   []byte // ISA, GS, ST..SE: Parse reads it
	places []int  // position in the transaction of each segment of Text from ST on
}

// Key names the unit among all that its sender ever sends: ISA05 to ISA08 and
// ISA13, GS06, ST02, number.
func (u Unit) Key() string {
	h := u.In.Header
	key := strings.Join([]string{h.SenderQualifier, h.Sender, h.ReceiverQualifier, h.Receiver, h.Control, u.Group.Control, u.Set.Control}, "/")
	if u.Number > 0 {
		key += "/" + strconv.Itoa(u.Number)
	}
	return key
}

// String says where the unit stood, for people: "interchange 000000101, group
// 101, transaction 0001, unit 2 at segment 41".
func (u Unit) String() string {
	s := "interchange " + u.In.Control + ", group " + u.Group.Control + ", transaction " + u.Set.Control
	if u.Number > 0 {
		s += ", unit " + strconv.Itoa(u.Number) + " at segment " + strconv.Itoa(u.At)
	}
	return s
}

// Settle tells the transaction what became of its unit: no issues = it went in.
// The places of issues are those of the unit's own text; the 999 will name the
// place in the file.
func (u Unit) Settle(issues Issues, refused bool) {
	u.Set.Given++
	if refused {
		u.Set.Refused++
	}
	for _, i := range issues {
		if n := i.Place.Position; n > 0 && n <= len(u.places) {
			i.Place.Position = u.places[n-1]
		}
		if len(u.Set.Issues) < maxIssues {
			u.Set.Issues = append(u.Set.Issues, i)
		}
	}
}

// Units gives the units of the transactions that the report lets pass, one at a
// time; the reader must be at the beginning of the same file again. What the
// report refused is passed over. The error is the reader's.
func Units(r io.Reader, l Limits, report *Report) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		c := &cutter{report: report, interchange: -1, yield: yield}
		scan := NewScanner(r, l)
		for {
			seg, err := scan.Next()
			if errors.Is(err, io.EOF) || errors.Is(err, ErrNoISA) {
				return
			}
			if err == nil {
				err = c.segment(seg)
			}
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				yield(Unit{}, err)
				return
			}
		}
	}
}

// errStop ends the reading when nobody wants more; errOther says that the file
// is not the one that was checked.
var (
	errStop  = errors.New("x12: enough")
	errOther = errors.New("x12: the file is not the one that was checked")
)

// cutter walks the file beside its report.
type cutter struct {
	report                  *Report
	interchange, group, set int
	in                      *Interchange
	gs                      *Group
	st                      *Set // nil: outside, or refused
	yield                   func(Unit, error) bool

	start   string
	head    []Segment // before the first HL, LX or unit
	context []held    // open HL loops, or the LX of an 835
	own     []Segment // of the unit
	all     []Segment // of the unit with its context, used again
	done    int       // units given
	inUnit  bool
}

// held are the segments of one level that stand above a unit.
type held struct {
	id       string
	segments []Segment
}

func (c *cutter) segment(s Segment) error {
	switch id := s.ID(); {
	case id == "ISA":
		c.interchange, c.group, c.st = c.interchange+1, -1, nil
		if c.interchange >= len(c.report.Interchanges) {
			return errOther
		}
		c.in = c.report.Interchanges[c.interchange]
	case id == "GS" && c.in != nil:
		c.group, c.set, c.st = c.group+1, -1, nil
		if c.group >= len(c.in.Groups) {
			return errOther
		}
		c.gs = c.in.Groups[c.group]
	case id == "ST" && c.gs != nil:
		return c.begin(s)
	case c.st != nil:
		return c.inside(s, id)
	}
	return nil
}

func (c *cutter) begin(s Segment) error {
	c.set, c.st = c.set+1, nil
	if c.set >= len(c.gs.Sets) {
		if c.in.Refused() {
			return nil // beyond the limit of transactions: nothing of it counts
		}
		return errOther
	}
	if set := c.gs.Sets[c.set]; !set.Broken() && !c.gs.Refused() && !c.in.Refused() {
		c.st = set
	}
	c.start, c.inUnit, c.done = sets[s.Elem(1)].unit, false, 0
	c.head, c.context, c.own = []Segment{s}, nil, nil
	return nil
}

// inside takes a segment of a transaction that is wanted.
func (c *cutter) inside(s Segment, id string) error {
	switch {
	case id == "SE":
		err := c.flush()
		if c.start == "" {
			err = c.whole(s)
		}
		c.st = nil
		return err
	case c.start == "":
		c.head = append(c.head, s)
		return nil
	case id == c.start, id == "PLB" && c.start == "CLP": // provider adjustments of an 835 are a unit of their own
		err := c.flush()
		c.inUnit = true
		c.own = append(c.own, s)
		return err
	case id == "HL" && c.start == "CLM":
		err := c.flush()
		c.level(s)
		return err
	case id == "LX" && c.start == "CLP":
		err := c.flush()
		c.context = []held{{"", []Segment{s}}}
		return err
	case c.inUnit:
		c.own = append(c.own, s)
	case len(c.context) > 0:
		last := &c.context[len(c.context)-1]
		last.segments = append(last.segments, s)
	default:
		c.head = append(c.head, s)
	}
	return nil
}

// level opens an HL under its parent.
func (c *cutter) level(s Segment) {
	for len(c.context) > 0 && c.context[len(c.context)-1].id != s.Elem(2) {
		c.context = c.context[:len(c.context)-1]
	}
	c.context = append(c.context, held{s.Elem(1), []Segment{s}})
}

// whole gives the transaction as it is.
func (c *cutter) whole(se Segment) error {
	u := Unit{In: c.in, Group: c.gs, Set: c.st, At: 1}
	return c.give(u, append(c.head, se))
}

// flush gives the unit that is open, with what it stands under and a trailer
// that counts its own segments.
func (c *cutter) flush() error {
	if !c.inUnit {
		return nil
	}
	c.done++
	u := Unit{In: c.in, Group: c.gs, Set: c.st, Number: c.done, At: c.own[0].Pos}
	all := c.all[:0]
	all = append(all, c.head...)
	for _, h := range c.context {
		all = append(all, h.segments...)
	}
	all = append(all, c.own...)
	st := c.head[0]
	sep := string(st.d.Element)
	all = append(all, Segment{text: "SE" + sep + strconv.Itoa(len(all)+1) + sep + st.Elem(2), tail: st.tail, d: st.d})
	c.own, c.all, c.inUnit = c.own[:0], all, false
	return c.give(u, all)
}

func (c *cutter) give(u Unit, all []Segment) error {
	u.Text = textOf(c.in.ISA, c.gs.GS, all)
	u.places = make([]int, len(all))
	for i, s := range all {
		u.places[i] = s.Pos
	}
	if !c.yield(u, nil) {
		return errStop
	}
	return nil
}

// Origin is the file and the place of a unit: "claims.edi, interchange ...".
func (u Unit) Origin(file string) string { return fmt.Sprintf("%s, %s", file, u) }
