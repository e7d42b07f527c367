// Package compliance judges the records of every child and worker by the rules
// of the programs. It streams children, makes the facts of one child at a time,
// keeps only counts of caseloads, and hands what is found to the findings with
// a life. The rules themselves are package program; records come through the
// interfaces below, in the version in force at a watermark.
package compliance
