// Package config reads what an operator wrote and turns it into what the other
// rooms use: partners, rules, schedules, program packs, settings.
//
// Precedence: flags, then environment, then files (later files over earlier
// ones), then defaults. Reading is strict: an unknown key, a wrong type or a
// broken reference is a Problem with file, line and column, and all problems
// are reported at once. A secret is never printed.
//
// The package opens no port, no database and no network connection; what the
// doctor wants to try out is handed in as probes.
package config
