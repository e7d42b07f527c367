package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/record"
)

// upload is one CSV file and what its rows are.
type upload struct {
	kind string
	file []byte
}

// sendTable takes a CSV file in: each record of it is a message of its own, keyed by
// the file and its row, so that a corrected file can be sent again whole. The
// file is as long as a body may be; longer ones go by import.
func (a *API) sendTable(ctx context.Context, c *call) (*reply, error) {
	up, err := uploadOf(c)
	if err != nil {
		return nil, err
	}
	if record.SchemaOf(up.kind) == nil {
		return nil, malformed("kind", "no kind of record", strings.Join(record.Names, ", "), "add ?kind=service, or the form field kind")
	}
	if bytes.Count(up.file, []byte("\n")) > maxRows+1 {
		return nil, tooMany()
	}
	kind := gateway.Kind("csv/" + up.kind)
	if !c.who.Partner.MaySend(kind) {
		return nil, denied(kind)
	}
	key, err := c.fileKey(up.file)
	if err != nil {
		return nil, err
	}
	var rep report
	for part, err := range mappings.SplitCSV(bytes.NewReader(up.file), kind, c.who.Partner) {
		if err != nil {
			return nil, &gateway.Fault{Op: "upload", Code: gateway.Internal, Err: err}
		}
		if part.Issues.Errors() {
			if rep.Rows == 0 {
				return nil, &gateway.Fault{Op: "upload", Code: gateway.Invalid, Issues: part.Issues}
			}
			rep.reject(part.Row, part.Issues)
			continue
		}
		m := c.message(kind, part.Body)
		m.Key, m.Origin = key+" "+up.kind+" row "+part.Key, "upload.csv row "+strconv.Itoa(part.Row)
		if err := a.sendRow(ctx, &rep, part.Row, m); err != nil {
			return nil, err
		}
	}
	if rep.Rows == 0 {
		return nil, invalid("", "a header and no rows", "at least one row below the header", "fill the template")
	}
	return rep.answer(c.header), nil
}

// uploadOf is the file of a request: its body, or the form field file.
func uploadOf(c *call) (upload, error) {
	values, err := c.values()
	if err != nil {
		return upload{}, err
	}
	up := upload{kind: values.Get("kind"), file: c.body}
	if c.media == mediaCSV {
		return up, nil
	}
	_, params, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil {
		return up, badForm()
	}
	up.file = nil
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return up, badForm()
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return up, badForm()
		}
		switch part.FormName() {
		case "kind":
			up.kind = string(content)
		case "file":
			up.file = content
		}
	}
	if up.file == nil {
		return up, malformed("file", "a form without a file", "fields kind and file", "choose the file to send")
	}
	return up, nil
}

func badForm() error {
	return malformed("", "a form that breaks off or cannot be read", "multipart/form-data with fields kind and file", "send it again")
}
