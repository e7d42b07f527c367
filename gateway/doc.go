// Package gateway is the core of Throughline and the tour of it.
//
// # A message comes in
//
// A partner's bytes arrive by HTTP (package api; other wires come in by
// adapters) and become a Message. Gateway.Receive (receive.go) walks it:
//
//	partner   who sends, may it send this kind               receive.go, partner.go
//	recall    is it a repeat? Redis hints, the index decides  store/redis.go, store/memory.go
//	prepare   map (mappings), validate (fhir): pure           receive.go
//	commit    one transaction: people, resources, search      store/commit.go
//	          rows, ledger facts, relations, effects, audit,
//	          the answer and the inbox row
//	remember  the key, as a hint                              store/redis.go
//
// A Receipt means "it is in the ledger"; an error means that it is not and
// that its key stays free. There is no third state. Valid input that cannot be
// mapped yet is accepted and held with its cause.
//
// # A message goes on
//
// A sweeper or a hint wakes Route (route.go): plan says who wants it; the
// store's predicate (store/access.go) says who may have it, the same predicate
// every read uses. Each receipt x child x destination is one Delivery in a Lane.
// Drain (drain.go) takes the head of a lane, renders it (adapters/fhirrest,
// adapters/webhook), sends it and settles it. A poison delivery stops its own
// lane only. Replay (replay.go) sends held messages through the same door.
//
// # A night
//
// jobs/schedule.go rings; the schedule_run row decides which instance runs;
// jobs/reconcile streams one child at a time from the store through
// ledger.Settle and publishes verdicts, files and a page.
//
// # What this package must not know
//
// HTTP, SQL, Redis, YAML, clocks (Now is a field) and wires. It imports fhir
// and ledger; edges import it and never each other; cmd plugs them together.
package gateway
