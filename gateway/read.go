package gateway

import "time"

// Stored is one version of a resource as the store keeps it.
type Stored struct {
	Type    string
	ID      string
	Version int64
	Updated time.Time
	Verb    Verb
	JSON    []byte // nil when deleted
}

// Page is one page of a search or a history.
type Page struct {
	Matches  []Stored
	Included []Stored
	Next     string // opaque cursor; empty = last page
	Total    int    // -1 = not counted
}
