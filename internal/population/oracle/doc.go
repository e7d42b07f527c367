// Package oracle is a second, slow and independent reading of the ledger's law,
// against which the fast one is tested. It reads the three default CSV tables
// and answers for one date. It shares no code with anything: dates are texts
// that compare bytewise, quantities are big rationals, everything is a map and a
// loop. It knows every verdict and flag, the unit table and continued benefits, but
// no payer of its own mind. It must never be made faster by borrowing from what it
// checks.
package oracle
