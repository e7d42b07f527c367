// Package csv reads and writes records as tables (RFC 4180, ledger.md "Default
// tables"): UTF-8, a header row, columns by name. Service, authorization and
// enrollment have one row each; the other records have one row for each entry of
// their longest list, grouped by the record's id, which later rows repeat or
// leave empty.
//
// It reads what spreadsheets write: a byte order mark, CRLF, quoted cells with
// line breaks, blank lines. It refuses cells that a spreadsheet would run as a
// formula (http://owasp.org/www-community/attacks/CSV_Injection); one apostrophe
// before such a text takes it as text, and that is how it is written.
package csv
