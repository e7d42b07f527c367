// Package ledger is the law of who pays for which unit: given everything known
// about one child (a Case), Settle says for every delivered service line which
// authorizations paid for it, or why none did, and for every authorization how
// much of it is used.
//
// The room is pure. It knows integers, exact decimals and calendar dates; it
// must not know clocks, stores, wires or any other package of this module. The
// page that binds it is the ledger's law (docs): each sentence there has a test
// here that carries its name.
//
// Where the page is silent the choice is written at the function that makes it:
// versions.go (which row of a key is in force), chain.go (rows whose original is
// unknown inside a longer chain), units.go (which unit a line is converted to),
// duplicate.go (visits), use.go (open-ended authorizations).
package ledger
