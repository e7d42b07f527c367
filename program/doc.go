// Package program holds the rules of care programs as dated data, and judges
// facts by them.
//
// A Pack is one program: its rules, each with the section of the source it
// comes from and its force. Evaluate is pure: a pack, facts and a day in,
// findings out. Only a broken required rule is a violation. A rule whose value
// the source does not give is unset and is not checked.
//
// The package knows no file format, no store, no clock and none of our other
// packages; packs are read by config, facts are gathered by jobs.
package program
