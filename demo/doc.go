// Package demo makes the demonstration: a synthetic week of care in three
// clinics, two plans and one state, and partners on loopback that take what the
// gateway delivers. Seed sends the week through the door that every partner
// uses; nothing is written to tables. Nobody in it is real: member ids begin
// with SYN and every name is made up.
//
// The same day gives the same week, byte for byte: everything in it is dated
// relative to that day, and chance is seeded by the number of the child. So the
// reconciliation of "yesterday" has something to say, on any day.
//
//	cast.go      clinics, payers, programs and what care they ask for
//	child.go     one child: person, enrollment, authorizations, usual services
//	plan.go      care plan and crisis plan; team.go, referral.go, update.go
//	plant.go     discrepancies, one situation of the ledger's law in each
//	week.go      all children, as messages and tables
//	seed.go      the way in: order, repeats, progress
//	summary.go   what there is to see; walk.go requests for the first ten minutes
//	partners.go  partners on loopback, and how they fail; fhirserver.go, hookserver.go
//
// It must not know the store, the API or the command line.
package demo
