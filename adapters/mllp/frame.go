package mllp

import (
	"bufio"
	"errors"
	"io"
	"sync/atomic"
)

// The bytes of a frame (HL7 v2 MLLP release 1): 0x0B message 0x1C 0x0D.
const (
	blockStart = 0x0B
	blockEnd   = 0x1C
	blockCR    = 0x0D
)

// Why a connection cannot go on: what follows on it cannot be told from the
// middle of something.
var (
	errTooLong = errors.New("a frame longer than the limit")
	errJunk    = errors.New("too many bytes between frames")
	errCutOff  = errors.New("the connection ended inside a frame")
	errCrowded = errors.New("too many bytes of unfinished frames on all connections")
)

// budget is what the unfinished frames of all connections may hold together.
type budget struct {
	held  atomic.Int64
	limit int64 // 0 = no limit
}

func (b *budget) take(n int) bool {
	if b == nil || b.limit == 0 || b.held.Add(int64(n)) <= b.limit {
		return true
	}
	b.held.Add(int64(-n))
	return false
}

func (b *budget) give(n int) {
	if b != nil && b.limit != 0 {
		b.held.Add(int64(-n))
	}
}

// chunk is by how much the buffer of a frame grows.
const chunk = 32 << 10

// frames reads one frame after the other off a stream, in bounded memory.
type frames struct {
	r       *bufio.Reader
	max     int    // bytes of one message
	junk    int    // bytes tolerated before a frame
	begun   func() // called when a frame begins: its time runs from now on; may be nil
	budget  *budget
	skipped int // bytes outside of frames so far, a frame that was cut off by the next included
}

func newFrames(r io.Reader, max, junk int) *frames {
	return &frames{r: bufio.NewReaderSize(r, 4<<10), max: max, junk: junk}
}

// next is the content of the next frame; it is the caller's to keep. io.EOF
// says that the stream ended between frames.
func (f *frames) next() ([]byte, error) {
	if err := f.start(); err != nil {
		return nil, err
	}
	if f.begun != nil {
		f.begun()
	}
	taken := 0
	defer func() { f.budget.give(taken) }()
	var body []byte
	for {
		part, err := f.r.ReadSlice(blockEnd)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, cutOff(err)
		}
		if at := lastStart(part); at >= 0 { // the sender began anew: the frame before was cut off
			f.skipped += len(body) + at + 1
			body, part = body[:0], part[at+1:]
		}
		if len(body)+len(part) > f.max+1 {
			return nil, errTooLong
		}
		for taken < len(body)+len(part) {
			if !f.budget.take(chunk) {
				return nil, errCrowded
			}
			taken += chunk
		}
		body = append(body, part...)
		if err != nil {
			continue
		}
		end, err := f.ended()
		if err != nil {
			return nil, err
		}
		if end {
			return body[:len(body)-1], nil
		}
	}
}

// ended says whether the 0x1C just read ends the frame: the 0x0D behind it does.
// Without one it is a byte of the message.
func (f *frames) ended() (bool, error) {
	next, err := f.r.Peek(1)
	if err != nil {
		return false, cutOff(err)
	}
	if next[0] != blockCR {
		return false, nil
	}
	_, err = f.r.Discard(1)
	return err == nil, err
}

// start skips to the first byte of a frame. Line ends between frames are usual
// and count as the junk they are.
func (f *frames) start() error {
	for n := 0; ; n++ {
		b, err := f.r.ReadByte()
		if err != nil {
			return err
		}
		if b == blockStart {
			return nil
		}
		if f.skipped++; n >= f.junk {
			return errJunk
		}
	}
}

func lastStart(part []byte) int {
	for i := len(part) - 1; i >= 0; i-- {
		if part[i] == blockStart {
			return i
		}
	}
	return -1
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return errCutOff
	}
	return err
}

// framed is messages as they go on the wire, each in a frame, in one write.
func framed(messages ...[]byte) []byte {
	var out []byte
	for _, m := range messages {
		out = append(append(append(out, blockStart), m...), blockEnd, blockCR)
	}
	return out
}
