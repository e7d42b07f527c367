package x12

// TA1 is an interchange acknowledgement: what a receiver says of an ISA.
type TA1 struct {
	Control    string // ISA13 of the interchange that it answers
	Date, Time string // ISA09 and ISA10 of it
	Ack        string // A accepted, E accepted with errors, R rejected
	Note       string // X12 I18: 000, 001, 025 ...
}

// Accepted says whether the interchange went in.
func (t TA1) Accepted() bool { return t.Ack == "A" || t.Ack == "E" }

// TA1 is our answer to an interchange.
func (i *Interchange) TA1() TA1 {
	t := TA1{Control: i.Control, Date: i.Date, Time: i.Time, Ack: "A", Note: i.Note}
	if i.Refused() {
		t.Ack = "R"
	}
	return t
}

func (t TA1) write(w *Writer) { w.Segment("TA1", t.Control, t.Date, t.Time, t.Ack, t.Note) }
