package x12

import "fmt"

// Words for the codes of acknowledgements, in our own terms.
var (
	noteWords = map[string]string{NoteOK: "nothing is wrong", NoteControl: "the control numbers of ISA13 and IEA02 differ", NoteVersion: "a version of ISA12 that we do not read", NoteNumber: "ISA13 is no number of nine digits",
		NoteTest: "ISA15 is neither P nor T", NoteGroups: "IEA01 does not count the groups that are there", NoteStructure: "a segment stands outside of any group", NoteEnd: "the interchange ends without its IEA",
		NoteContent: "more transactions than one file may have", NoteDuplicate: "this control number came before"}
	groupWords = map[string]string{GroupUnknown: "a functional group that we do not read (GS01)", GroupVersion: "a version that we do not read (GS08)", GroupTrailer: "the group ends without its GE",
		GroupControl: "the control numbers of GS06 and GE02 differ", GroupCount: "GE01 does not count the transactions that are there"}
	setWords = map[string]string{SetUnknown: "a transaction or version that we do not read (ST01, ST03)", SetTrailer: "the transaction ends without its SE", SetControl: "the control numbers of ST02 and SE02 differ",
		SetCount: "SE01 does not count the segments that are there", SetSegments: "segments in error", SetRepeated: "ST02 occurs twice in the group"}
)

// NoteText says a TA1 note in words.
func NoteText(code string) string { return said(noteWords, code) }

// GroupText says a code of AK905 in words.
func GroupText(code string) string { return said(groupWords, code) }

// SetText says a code of IK502 in words.
func SetText(code string) string { return said(setWords, code) }

func said(words map[string]string, code string) string {
	if s, ok := words[code]; ok {
		return s
	}
	return "another code"
}

// Name is the place as the standard names elements: UM04-1.
func (p Place) Name() string {
	s := p.Segment
	if p.Element > 0 {
		s += fmt.Sprintf("%02d", p.Element)
	}
	if p.Component > 0 {
		s += fmt.Sprintf("-%d", p.Component)
	}
	return s
}
