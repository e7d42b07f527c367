// Package mllp carries HL7 v2 messages over TCP and TLS: a listener that takes
// partners' messages in and a sender that brings ours to them (HL7 v2 MLLP
// release 1, and chapter 2 of HL7 v2.5.1 for acknowledgements).
//
// A reader finds: frame.go (bytes to frames, bounded), listener.go (connections
// and their limits), take.go (one frame to one reply), peer.go (who sends),
// verdict.go (the one translation from codes to acknowledgements), ack.go (its
// bytes), sender.go.
//
// A reply is written after the gateway's Receive returned, which is after
// COMMIT; a repeat gets the stored reply, byte for byte.
//
// The package knows frames, MSH, MSA and ERR. It must not know what is in the
// other segments, stores or retries, and never logs a body.
package mllp
