package gateway

import "time"

// Hold keeps a child's records from being purged.
type Hold struct {
	ID         string
	Person     string // empty = everybody's
	Reason     string
	Who        string
	At         time.Time
	Released   time.Time // zero = in force
	ReleasedBy string
}

// Purged is what a purge took away of one child, and by what the proof looks
// for it.
type Purged struct {
	Rows   map[string]int64 // by table
	Names  []string         // identifiers and ids of records: nothing may have them any more
	Keys   []string         // the store's own keys: only the audit trail may have them
	Shared int64            // messages that are about others too: their bytes were erased, their rows stay
}

// Trace is where something was found that should be gone.
type Trace struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rows   int64  `json:"rows"`
}
