package hl7v2

// Limits bound what Parse takes. The zero value means the defaults.
type Limits struct {
	Bytes    int    // of one message; default 10 MiB
	Segments int    // default 20,000
	Fields   int    // of all segments; default 1,000,000
	Charset  string // taken when MSH-18 is empty (table 0211); default: ASCII, and UTF-8 where it is valid
}

func (l Limits) filled() Limits {
	if l.Bytes == 0 {
		l.Bytes = 10 << 20
	}
	if l.Segments == 0 {
		l.Segments = 20_000
	}
	if l.Fields == 0 {
		l.Fields = 1_000_000
	}
	return l
}

func tooMuch(at Location, what, fix string) error {
	return &Error{Code: ValueTooLong, At: at, Found: what, Fix: fix}
}
