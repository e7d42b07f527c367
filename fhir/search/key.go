package search

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// maxKey is the size in bytes of the longest value of a row: a PostgreSQL index
// entry holds 2,704 bytes in all.
const maxKey = 1024

// maxHead is how much of a longer value is kept as it is.
const maxHead = maxKey - 2*sha256.Size - 1

// key bounds a system, code, identifier or URL. What is longer keeps its
// beginning and a hash of the whole, so that different values stay different.
// Rows and queries both pass through it.
func key(s string) string {
	if len(s) <= maxKey {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return cut(s, maxHead) + "#" + hex.EncodeToString(sum[:])
}

// cut bounds a text, which is searched from its beginning.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}
