// Package x12 reads and writes X12 interchanges (ISA 00501): delimiters, the
// envelopes ISA/GS/ST, loops by HL, TA1 and 999. It streams: a Scanner gives one
// segment at a time, Check judges a file of any size in bounded memory, Units
// cuts it into self-contained texts of one transaction or one part of it.
//
// What was read is written again byte for byte; what we write is canonical:
// trailing empty elements dropped, delimiters never inside data.
//
// It must not know FHIR, partners, stores or what a transaction means to us. Its
// tables hold base-standard facts (which element a segment has, its type and
// length), not the text of any implementation guide.
package x12
