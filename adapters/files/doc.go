// Package files exchanges files with partners: local folders and SFTP, in and
// out.
//
// In (Pickup): a folder is looked at again and again. A finished file is claimed
// by a rename into .work, which one instance alone can do, taken in by
// gateway/intake, answered (.accepted, .rejected, .summary, TA1, 999) and moved
// to the archive, or to its folder quarantine. Whatever happens in between, the
// file is in .work and goes on from there. Archives are deleted after the days
// that were agreed.
//
// Out (Sender): a delivery is one file with a name made of its key, so a retry
// writes the same name and never a second file: first under a temporary name,
// synced, renamed, the folder synced, then a manifest with its size and SHA-256.
//
// The package knows one partner's folders; it must not know stores, lanes or
// what files mean.
package files
