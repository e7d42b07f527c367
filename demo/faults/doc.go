// Package faults proves the protocol: what was acknowledged is kept, applied
// once and delivered in order while processes, databases and hints are killed,
// frozen, flushed and cut off. All of it is tests; each proof has a control that
// leaves one rule of the protocol out and must fail.
//
//	load_test.go      the clients, what they send, and the count at the end
//	child_test.go     a gateway in a process of its own, to be killed
//	points_test.go    the named points at which that process can end itself
//	partner_test.go   a receiver that applies, remembers keys and drops replies
//	servers_test.go   a PostgreSQL and a Redis of the test's own, to be hurt
//	wire_test.go      a proxy that loses the reply to COMMIT
//	f01_test.go ...   one file for each kind of proof (F1, F2, F3, F6, F8, F9, F16, F17)
//
// Counts are small; THROUGHLINE_FAULTS=large raises them (make faults).
package faults
