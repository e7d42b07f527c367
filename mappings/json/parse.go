package json

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// maxDepth bounds objects and arrays inside one another (protocol.md, edge limits).
const maxDepth = 64

// Parse reads a JSON text into nodes. What breaks RFC 8259 is one issue, with
// line and column.
func Parse(body []byte) (*record.Node, fhir.Issues) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	n, err := parse(dec, 0)
	if err == nil {
		if _, err = dec.ReadToken(); errors.Is(err, io.EOF) {
			return n, nil
		}
		if err == nil {
			err = errMore
		}
	}
	return nil, fhir.Issues{broken(body, int(dec.InputOffset()), err)}
}

var (
	errMore = errors.New("more text after the value")
	errDeep = errors.New("objects and arrays more than 64 deep")
)

func parse(dec *jsontext.Decoder, depth int) (*record.Node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	tok, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch tok.Kind() {
	case '{':
		return parseObject(dec, depth)
	case '[':
		return parseArray(dec, depth)
	case '"':
		return &record.Node{Form: record.String, Text: tok.String()}, nil
	case '0':
		return &record.Node{Form: record.Number, Text: tok.String()}, nil
	case 't', 'f':
		return &record.Node{Form: record.Bool, Text: tok.String()}, nil
	}
	return &record.Node{Form: record.Null}, nil
}

func parseObject(dec *jsontext.Decoder, depth int) (*record.Node, error) {
	n := &record.Node{Form: record.Object}
	for dec.PeekKind() != '}' {
		tok, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := tok.String()
		value, err := parse(dec, depth+1)
		if err != nil {
			return nil, err
		}
		n.Members = append(n.Members, record.Entry{Name: name, Node: value})
	}
	_, err := dec.ReadToken()
	return n, err
}

func parseArray(dec *jsontext.Decoder, depth int) (*record.Node, error) {
	n := &record.Node{Form: record.Array}
	for dec.PeekKind() != ']' {
		value, err := parse(dec, depth+1)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, value)
	}
	_, err := dec.ReadToken()
	return n, err
}

// broken words an error of the reader for the partner. It shows a place, never
// the text.
func broken(body []byte, offset int, err error) fhir.Issue {
	var at *jsontext.SyntacticError
	if errors.As(err, &at) {
		offset = int(at.ByteOffset)
	}
	before := string(body[:min(offset, len(body))])
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	i := fhir.Issue{Severity: fhir.Fatal, Code: fhir.CodeStructure, Found: "text that is not JSON", Allowed: "JSON in UTF-8 (RFC 8259)",
		Fix: "write the JSON with a JSON library", Where: "line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column)}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		i.Found, i.Fix = "the same member twice", "remove one of the two"
	case errors.Is(err, errMore), errors.Is(err, errDeep):
		i.Found, i.Fix = err.Error(), "send one record, or a list of records"
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		i.Found, i.Fix = "a byte order mark before the JSON", "save the file as UTF-8 without BOM"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		i.Found, i.Fix = "a text that ends too soon", "send the whole text"
	}
	return i
}
