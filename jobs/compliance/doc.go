// Package compliance judges what is known of every child and worker by the rules of
// the programs. It streams children, makes the facts of one child at a time, keeps
// only counts of caseloads, and hands what is found to the findings with a life. The
// rules themselves are package program. What is known comes through the interfaces
// below, as it stood at a watermark: records as they were sent, resources that no
// record says (canonical.go), and the ledger's spans, which say who is enrolled.
package compliance
