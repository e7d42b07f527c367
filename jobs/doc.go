// Package jobs is what time talks to: schedules whose slots are rows, so that of
// many instances one runs each slot once, also when clocks change. What a
// schedule runs lives in the rooms below (reconcile, reports, load). The package
// knows the store through the interface Slots only.
package jobs
