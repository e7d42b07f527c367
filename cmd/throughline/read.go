package main

import (
	"bytes"
	"io"
	"iter"
	"os"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// readFile reads a file of the command line; - is stdin.
func (c *cli) readFile(name string) ([]byte, error) {
	var body []byte
	var err error
	if name == "-" {
		body, err = io.ReadAll(c.in)
	} else {
		body, err = os.ReadFile(c.path(name))
	}
	if err == nil && len(bytes.TrimSpace(body)) == 0 {
		err = errNothing
	}
	if err != nil {
		return nil, &failure{code: exitUsage, text: "cannot use " + name, err: err, todo: "name a file that can be read"}
	}
	return body, nil
}

// piece is one message of a file, or what is wrong with that part of it.
type piece struct {
	message *gateway.Message
	issues  fhir.Issues
}

// piecesOf cuts a file into the messages that the partner API would make of it.
func piecesOf(name, kind string, body []byte, p *gateway.Partner) iter.Seq[piece] {
	switch {
	case isTable(name, kind):
		return tablePieces(gateway.Kind("csv/"+kind), body, p)
	case bytes.HasPrefix(bytes.TrimLeft(body, "\xef\xbb\xbf \r\n\t"), []byte("ISA")):
		return x12Pieces(body, p)
	case hl7Body(body):
		return hl7Pieces(body, p)
	case fhirBody(body):
		return fhirPieces(body, p)
	}
	return recordPieces(body, p)
}

// fhirBody says whether a text is FHIR: a JSON object with a resourceType, as the
// partner API tells it.
func fhirBody(body []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil || name.String() == "resourceType" {
			return err == nil
		}
		if d.SkipValue() != nil {
			return false
		}
	}
	return false
}

func tablePieces(kind gateway.Kind, body []byte, p *gateway.Partner) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		for part, err := range mappings.SplitCSV(bytes.NewReader(body), kind, p) {
			if err != nil {
				return // a text in memory can be read
			}
			out := piece{issues: part.Issues}
			if !part.Issues.Errors() {
				out.message = &gateway.Message{Partner: p.ID, Kind: kind, Body: part.Body, Origin: "row " + strconv.Itoa(part.Row)}
			}
			if !yield(out) {
				return
			}
		}
	}
}

// x12Pieces are the claims, members, payments and other transactions of an
// interchange, and what is wrong with those that cannot be read.
func x12Pieces(body []byte, p *gateway.Partner) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		file, err := mappings.OpenX12(bytes.NewReader(body))
		if err != nil {
			return // a text in memory can be read
		}
		for part, err := range file.Parts() {
			if err != nil {
				return
			}
			if !yield(piece{message: &gateway.Message{Partner: p.ID, Kind: part.Kind, Body: part.Body, Origin: part.Unit.String()}}) {
				return
			}
		}
		if issues := file.Issues(); len(issues) > 0 {
			yield(piece{issues: issues})
		}
	}
}

func recordPieces(body []byte, p *gateway.Partner) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		parts, issues := mappings.Split(body)
		if len(issues) > 0 && !yield(piece{issues: issues}) {
			return
		}
		for _, part := range parts {
			m := &gateway.Message{Partner: p.ID, Kind: gateway.Kind("json/" + part.Name), Body: part.Body, Origin: "record " + strconv.Itoa(part.Row)}
			if !yield(piece{message: m}) {
				return
			}
		}
	}
}

// fhirPieces is one message, or one for each entry of a batch.
func fhirPieces(body []byte, p *gateway.Partner) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		r, issues := fhir.Parse(body, fhir.Limits{})
		if r == nil {
			yield(piece{issues: issues})
			return
		}
		if r.Type != "Bundle" || r.Get("type").Text() != "batch" {
			yield(piece{message: fhirMessage(r, body, p)})
			return
		}
		for _, e := range r.Entries() {
			if e.Resource == nil {
				continue // an entry that reads or deletes carries nothing
			}
			m := fhirMessage(e.Resource, e.Resource.Root().Raw(), p)
			m.Origin = "entry " + strconv.Itoa(e.Index+1)
			if !yield(piece{message: m}) {
				return
			}
		}
	}
}

func fhirMessage(r *fhir.Resource, body []byte, p *gateway.Partner) *gateway.Message {
	m := &gateway.Message{Partner: p.ID, Kind: gateway.Kind("fhir/" + r.Type), Body: body}
	m.Ask = &gateway.Ask{Interaction: gateway.AskCreate, Type: r.Type}
	if r.Type != "Bundle" {
		return m
	}
	switch r.Get("type").Text() {
	case "transaction":
		m.Kind, m.Ask.Interaction = "fhir/transaction", gateway.AskTransaction
	case "collection":
		m.Kind, m.Ask = "fhir/collection", nil
	}
	return m
}
