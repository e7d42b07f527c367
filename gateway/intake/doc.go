// Package intake takes files in: whatever door a file came by, it is cut into
// messages, each goes through gateway.Receive with the place it stood at, and
// the sender gets an answer that names every one of them.
//
//	Take    kind, register, cut, receive, note the progress, close   intake.go
//	File    what is known of one file                                file.go
//	answers .accepted, .rejected, .summary                           answers.go
//
// A file is known by its content. A crash costs at most one step of progress:
// the file is read again, what was noted is passed over, and what was received
// but not noted is a repeat of itself. A file that was taken in before gets the
// answer of the first time.
//
// The package must not know folders, SFTP, HTTP, SQL or any format: formats are
// given to it (package mappings), and so is what keeps the progress (package
// store).
package intake
