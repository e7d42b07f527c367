package x12

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits bound what one segment may take of memory.
type Limits struct {
	Segment int // bytes of a segment; 0 = 64 KB
	Element int // bytes of an element; 0 = 16 KB
	Sets    int // transactions in one file; 0 = 200,000
}

func (l Limits) filled() Limits {
	if l.Segment == 0 {
		l.Segment = 64 << 10
	}
	if l.Element == 0 {
		l.Element = 16 << 10
	}
	if l.Sets == 0 {
		l.Sets = 200_000
	}
	return l
}

// chunk is how much is read at once; segments of one chunk share one text.
const chunk = 64 << 10

// maxBlanks is how many blanks may stand between two segments.
const maxBlanks = 4 << 10

// Scanner reads segments one by one. Memory is bounded by a chunk and the
// longest segment allowed, whatever the length of the file.
type Scanner struct {
	r      io.Reader
	limits Limits
	buf    []byte // to read into
	text   string // what was read and not given
	lead   string // what stood before the first ISA: a byte order mark, blanks
	d      Delimiters
	inside bool // between ISA and IEA
	pos    int  // segments since ST
	eof    bool
	err    error
}

// NewScanner reads from r.
func NewScanner(r io.Reader, l Limits) *Scanner {
	return &Scanner{r: r, limits: l.filled(), buf: make([]byte, chunk)}
}

// Lead is what stood before the first ISA; a byte order mark and blanks are
// let be.
func (s *Scanner) Lead() string { return s.lead }

// ErrNoISA says that no interchange begins where one must.
var ErrNoISA = errors.New("x12: no interchange")

// Next gives the next segment; io.EOF after the last. An error that wraps
// ErrNoISA says that the rest cannot be read; any other is the reader's.
func (s *Scanner) Next() (Segment, error) {
	if s.err != nil {
		return Segment{}, s.err
	}
	seg, err := s.next()
	if err != nil {
		s.err = err
	}
	return seg, err
}

func (s *Scanner) next() (Segment, error) {
	if !s.inside {
		if err := s.begin(); err != nil {
			return Segment{}, err
		}
	}
	if err := s.want(sizeISA); err != nil {
		return Segment{}, err
	}
	if s.text == "" {
		return Segment{}, io.EOF
	}
	if strings.HasPrefix(s.text, "ISA") && (!s.inside || len(s.text) > 3 && s.text[3] == s.d.Element) {
		return s.header()
	}
	return s.segment()
}

// begin skips to the ISA of an interchange.
func (s *Scanner) begin() error {
	skipped := 0
	for {
		if err := s.want(sizeISA); err != nil {
			return err
		}
		rest := strings.TrimLeft(strings.TrimPrefix(s.text, "\ufeff"), " \t\r\n")
		skipped += len(s.text) - len(rest)
		if s.d == (Delimiters{}) {
			s.lead += s.text[:len(s.text)-len(rest)]
		}
		if s.text = rest; rest == "" && s.eof {
			return io.EOF
		}
		if rest != "" && (len(rest) >= sizeISA || s.eof) {
			break
		}
		if skipped > maxBlanks {
			return fmt.Errorf("%w: more than %d blanks where an ISA should stand", ErrNoISA, maxBlanks)
		}
	}
	if !strings.HasPrefix(s.text, "ISA") {
		return fmt.Errorf("%w: something else stands where an ISA should", ErrNoISA)
	}
	return nil
}

// header reads an ISA and takes its delimiters.
func (s *Scanner) header() (Segment, error) {
	d, why := delimitersOf(s.text)
	if why != "" {
		return Segment{}, fmt.Errorf("%w: %s", ErrNoISA, why)
	}
	s.d, s.inside, s.pos = d, true, 0
	return s.give(sizeISA-1, false)
}

// segment reads up to the next terminator.
func (s *Scanner) segment() (Segment, error) {
	for {
		if end := strings.IndexByte(s.text, s.d.Segment); end >= 0 {
			return s.give(end, end > s.limits.Segment)
		}
		if len(s.text) > s.limits.Segment {
			return s.skip()
		}
		if s.eof {
			return s.give(len(s.text), false) // the end is missing: Check says so
		}
		if err := s.fill(); err != nil {
			return Segment{}, err
		}
	}
}

// skip passes over a segment that is too long, keeping its beginning, so that
// the next one can be read.
func (s *Scanner) skip() (Segment, error) {
	begin := strings.Clone(s.text[:64])
	for {
		if end := strings.IndexByte(s.text, s.d.Segment); end >= 0 {
			s.text = begin + s.text[end:]
			return s.give(len(begin), true)
		}
		s.text = ""
		if s.eof {
			s.text = begin
			return s.give(len(begin), true)
		}
		if err := s.fill(); err != nil {
			return Segment{}, err
		}
	}
}

// give cuts a segment of n bytes off, with its terminator and the blanks after it.
func (s *Scanner) give(n int, cut bool) (Segment, error) {
	end := min(n+1, len(s.text))
	for blanks := 0; ; blanks++ {
		if end == len(s.text) && !s.eof {
			if err := s.fill(); err != nil {
				return Segment{}, err
			}
		}
		if end == len(s.text) || !isBlank(s.text[end]) || blanks > maxBlanks {
			break
		}
		end++
	}
	seg := Segment{text: s.text[:n], tail: s.text[n:end], d: s.d, Cut: cut}
	s.text = s.text[end:]
	return s.counted(seg), nil
}

// counted gives the segment its place in its transaction.
func (s *Scanner) counted(seg Segment) Segment {
	switch seg.ID() {
	case "ISA", "GS", "GE", "TA1":
		s.pos = 0
		return seg
	case "IEA":
		s.pos, s.inside = 0, false
		return seg
	case "ST":
		s.pos = 0
	}
	s.pos++
	seg.Pos = s.pos
	return seg
}

// want sees to it that n bytes are there, if the reader has them.
func (s *Scanner) want(n int) error {
	for len(s.text) < n && !s.eof {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads one chunk more: one allocation for all its segments.
func (s *Scanner) fill() error {
	n, err := io.ReadAtLeast(s.r, s.buf, len(s.buf))
	if err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		s.eof = true
	}
	if n == 0 {
		return nil
	}
	var b strings.Builder
	b.Grow(len(s.text) + n)
	b.WriteString(s.text)
	b.Write(s.buf[:n])
	s.text = b.String()
	return nil
}
