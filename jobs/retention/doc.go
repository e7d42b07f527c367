// Package retention deletes what has been kept long enough, and proves it: the
// bytes of old messages, old runs and their files, and all about children of
// whom nothing was heard for the time that the configuration states. After a
// purge it reads every text of every table, and every file beside the data, and
// looks for what was purged.
//
// It knows classes of records and ages; it must not know SQL, and writes nothing
// about a child into its report: counts, places, and a digest by which who holds
// the list of purged identifiers can check that it was theirs.
package retention
