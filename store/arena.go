package store

import "encoding/binary"

// arena packs rows of one sheet into large pieces of text: no row costs an
// allocation, and the collector has nothing to follow. Rows are unpacked child by
// child; their texts are parts of the pieces.
type arena struct {
	*sheet
	yield  func()
	open   []byte
	pieces []string
	places []place
}

// place is where a row is and whose it is.
type place struct {
	piece, offset int32
	person        int32
	foreign       bool
}

const pieceSize = 1 << 20

// add packs a row: its numbers, then each text behind its length.
func (a *arena) add(r *rawRow, person int32, foreign bool) {
	if len(a.open) > pieceSize-1<<14 {
		a.seal()
	}
	if len(a.places)%256 == 0 {
		a.yield() // a bucket takes long; whoever answers live traffic comes first
	}
	if a.open == nil {
		a.open = make([]byte, 0, pieceSize)
	}
	a.places = append(a.places, place{int32(len(a.pieces)), int32(len(a.open)), person, foreign})
	for i := range a.nums {
		a.open = binary.LittleEndian.AppendUint64(a.open, uint64(r.n[i]))
	}
	for i := range a.texts {
		a.open = binary.LittleEndian.AppendUint32(a.open, uint32(len(r.s[i])))
		a.open = append(a.open, r.s[i]...)
	}
}

func (a *arena) seal() {
	a.pieces = append(a.pieces, string(a.open))
	a.open = a.open[:0]
}

// row unpacks the row at a place.
func (a *arena) row(p place, r *sheetRow) {
	text := a.pieces[p.piece][p.offset:]
	for i := range a.nums {
		r.n[i] = int64(word(text))
		text = text[8:]
	}
	for i := range a.texts {
		n := word(text[:4])
		r.s[i], text = text[4:4+n], text[4+n:]
	}
}

// word reads four or eight bytes, the lowest first.
func word(s string) uint64 {
	if len(s) >= 8 {
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// byPerson seals the arena and orders the rows by person; it gives the offset of
// every person's first one.
func (a *arena) byPerson(people int) []int {
	a.seal()
	a.open = nil
	first := make([]int, people+1)
	for i := range a.places {
		first[a.places[i].person+1]++
	}
	for i := range people {
		first[i+1] += first[i]
	}
	sorted, next := make([]place, len(a.places)), append([]int(nil), first...)
	for _, p := range a.places {
		sorted[next[p.person]] = p
		next[p.person]++
	}
	a.places = sorted
	return first
}
