package batch

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings"
)

// maxValue bounds one record or resource; a list of any length is read one by one.
const maxValue = 5 << 20

// openRecords cuts a list of JSON records into units while it is read.
func openRecords(r io.ReadSeeker, _ *intake.File, _ *gateway.Partner) (*intake.Reading, error) {
	units := func(yield func(intake.Unit, error) bool) {
		for v, err := range values(r) {
			if err != nil || v.broken != "" {
				if !yield(v.unit(), err) {
					return
				}
				continue
			}
			for _, u := range recordsOf(v) {
				if !yield(u, nil) {
					return
				}
			}
		}
	}
	return &intake.Reading{Units: units}, nil
}

// recordsOf are the records of one value: itself, or its list {"records": [...]}.
func recordsOf(v value) []intake.Unit {
	parts, issues := mappings.Split(v.text)
	if len(parts) == 1 && issues == nil {
		u := v.unit()
		u.Kind, u.Body = gateway.Kind("json/"+parts[0].Name), parts[0].Body
		return []intake.Unit{u}
	}
	var units []intake.Unit
	for _, part := range parts {
		units = append(units, intake.Unit{Place: "record " + strconv.Itoa(v.no) + "." + strconv.Itoa(part.Row), Kind: gateway.Kind("json/" + part.Name), Body: part.Body})
	}
	if issues != nil {
		u := v.unit()
		u.Issues = issues
		units = append(units, u)
	}
	return units
}

// openResources cuts a file of FHIR JSON: one resource or Bundle, several one
// after the other (ndjson), or a list of them.
func openResources(r io.ReadSeeker, _ *intake.File, _ *gateway.Partner) (*intake.Reading, error) {
	units := func(yield func(intake.Unit, error) bool) {
		for v, err := range values(r) {
			u := v.unit()
			if err == nil && v.broken == "" {
				u.Kind, u.Issues = resourceKind(v.text)
			}
			if !yield(u, err) {
				return
			}
		}
	}
	return &intake.Reading{Units: units}, nil
}

// resourceKind is the kind of a resource that is mapped without an interaction:
// a Bundle, or any resource as a collection of one.
func resourceKind(text []byte) (gateway.Kind, fhir.Issues) {
	res, issues := fhir.Parse(text, fhir.Limits{Bytes: maxValue})
	if issues.Errors() || res == nil {
		return "", issues
	}
	if typ := res.Get("type").Text(); res.Type == "Bundle" && (typ == "transaction" || typ == "collection") {
		return gateway.Kind("fhir/" + typ), issues
	}
	return "", fhir.Issues{{Severity: fhir.Error, Code: "not-supported", Path: res.Type, Found: "a " + res.Type + " by itself",
		Allowed: "a Bundle of type transaction or collection", Fix: "put the resources into a collection, or send them to /fhir"}}
}

// value is one JSON value of a file.
type value struct {
	no     int
	text   []byte
	broken string
}

func (v value) unit() intake.Unit {
	u := intake.Unit{Place: "record " + strconv.Itoa(v.no), Body: v.text, Broken: v.broken}
	if v.broken != "" {
		u.Issues = wrong(u.Place, v.broken, "JSON in UTF-8, each name once, values of at most 5 MB", "correct it from there on; what stands before it is in")
	}
	return u
}

// values reads the values of a file: those of its one list ("[...]" or
// {"records": [...]}), or the values that follow each other.
func values(r io.Reader) iter.Seq2[value, error] {
	return func(yield func(value, error) bool) {
		in := &counting{r: r}
		d := jsontext.NewDecoder(in)
		inList, err := enter(d)
		for no := 1; ; no++ {
			var text jsontext.Value
			in.left = maxValue + 64<<10 // what the decoder may have read ahead
			if err == nil {
				if inList && d.PeekKind() == ']' {
					return
				}
				text, err = d.ReadValue()
			}
			switch {
			case errors.Is(err, io.EOF) && !inList:
				return
			case in.err != nil && !errors.Is(in.err, io.EOF):
				yield(value{no: no}, in.err)
				return
			case err != nil:
				yield(value{no: no, broken: in.words(err)}, nil)
				return
			}
			if !yield(value{no: no, text: bytes.Clone(text)}, nil) {
				return
			}
		}
	}
}

// enter goes into the list that holds the records; false when the values follow
// each other.
func enter(d *jsontext.Decoder) (bool, error) {
	if d.PeekKind() == '[' {
		_, err := d.ReadToken()
		return true, err
	}
	return false, nil
}

// counting is a reader that does not give one value more than it may have.
type counting struct {
	r    io.Reader
	left int
	err  error
	long bool
}

// Read reads at most what is left.
func (c *counting) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.long = true
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	if err != nil {
		c.err = err
	}
	return n, err
}

func (c *counting) words(err error) string {
	if c.long {
		return "a value of more than 5 MB"
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return "text that is not JSON at byte " + strconv.FormatInt(syntax.ByteOffset, 10)
	}
	return "a file that breaks off"
}

// jsonRejected writes rejected records as a list, each with what is wrong.
func jsonRejected(w io.Writer, outs iter.Seq2[intake.Outcome, error]) error {
	e := jsontext.NewEncoder(w, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	steps := []jsontext.Token{jsontext.BeginArray}
	write := func(tokens ...jsontext.Token) error {
		for _, t := range tokens {
			if err := e.WriteToken(t); err != nil {
				return err
			}
		}
		return nil
	}
	if err := write(steps...); err != nil {
		return err
	}
	for o, err := range outs {
		if err != nil {
			return err
		}
		raw := jsontext.Value(o.Raw)
		if !raw.IsValid() {
			raw, _ = jsontext.AppendQuote(nil, string(o.Raw))
		}
		if err := write(jsontext.BeginObject, jsontext.String("place"), jsontext.String(o.Place), jsontext.String("problem"), jsontext.String(intake.Words(o)), jsontext.String("record")); err != nil {
			return err
		}
		if err := e.WriteValue(raw); err != nil {
			return err
		}
		if err := write(jsontext.EndObject); err != nil {
			return err
		}
	}
	return write(jsontext.EndArray)
}
