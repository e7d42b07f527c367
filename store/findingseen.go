package store

import (
	"bytes"
	"encoding/hex"
	"slices"
)

// seenKeys are the keys of what a run has seen, by the first byte of their hashes.
type seenKeys [256][]seenKey

// seenKey is that part of a finding's key that is a hash.
type seenKey [12]byte

func seenKeyOf(key string) (out seenKey) {
	_, _ = hex.Decode(out[:], []byte(key[max(0, len(key)-2*len(out)):])) // it is hexadecimal
	return out
}

func (s *seenKeys) add(key string) {
	k := seenKeyOf(key)
	s[k[0]] = append(s[k[0]], k)
}

// sort makes ready for has.
func (s *seenKeys) sort() {
	for _, list := range s {
		slices.SortFunc(list, compareSeen)
	}
}

func (s *seenKeys) has(key string) bool {
	k := seenKeyOf(key)
	_, ok := slices.BinarySearchFunc(s[k[0]], k, compareSeen)
	return ok
}

func compareSeen(a, b seenKey) int { return bytes.Compare(a[:], b[:]) }
