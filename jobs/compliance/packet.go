package compliance

import (
	"strings"

	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// packet is an application to the program. The codes of documents are those of the
// source, letter by letter.
func (c *child) packet(s *sent[record.ApplicationPacket], id string) []program.Packet {
	p := &s.record
	if p.Program != id {
		return nil
	}
	out := program.Packet{ID: key(s.partner, p.PacketID), Person: c.person, Birth: day(p.BirthDate), Submitted: day(p.Submitted),
		Basis: codeWords(p.Basis), Decision: p.Decision, Reasons: codeWords(p.Reasons), Circumstances: codeWords(p.Circumstances)}
	for _, d := range p.Documents {
		out.Documents = append(out.Documents, program.Paper{ID: d.ID, Code: strings.ToLower(d.Code), Dated: day(d.Dated), Contents: codeWords(d.Contents)})
	}
	for _, a := range p.Criteria {
		out.Criteria = append(out.Criteria, program.Answer{Criterion: word(a.Code), Met: a.Met, By: a.By})
	}
	if p.Strengths != "" {
		out.States = append(out.States, "strengths")
	}
	if p.Needs != "" {
		out.States = append(out.States, "needs")
	}
	out.Appeal = c.appealOf(p)
	return []program.Packet{out}
}

func codeWords(codes record.IDs) []string {
	var out []string
	for _, c := range codes {
		out = append(out, word(c))
	}
	return out
}
