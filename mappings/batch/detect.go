package batch

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/record"
)

// packed are the first bytes of archives, which are not opened: what a zip
// holds is not known before it is unpacked, and that can be anything.
var packed = map[string]string{"\x1f\x8b": "gzip", "BZh": "bzip2", "\xfd7zXZ": "xz", "7z\xbc\xaf": "7z", "Rar!": "rar", "%PDF": "PDF", "\xd0\xcf\x11\xe0": "old Excel (.xls)"}

// Detect finds out what a file is: by the partner's name patterns, else by the
// first bytes. head is the beginning of the file, 64 KB of it or all.
func Detect(name string, head []byte, p *gateway.Partner) (gateway.Kind, fhir.Issues) {
	for _, pickup := range p.Receive {
		for _, f := range pickup.Files {
			if ok, err := path.Match(f.Name, name); err == nil && ok {
				return f.Kind, unreadable(name, head)
			}
		}
	}
	if wrong := unreadable(name, head); wrong != nil {
		return "", wrong
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(text) == 0:
		return "", wrong("", "an empty file", "a file with at least one record", "send the file again whole")
	case bytes.HasPrefix(text, []byte("ISA")):
		return "x12/*", nil
	case bytes.HasPrefix(text, []byte("FHS")), bytes.HasPrefix(text, []byte("BHS")), bytes.HasPrefix(text, []byte("MSH")):
		return "hl7v2/*", nil
	case text[0] == '{' && bytes.Contains(text, []byte(`"resourceType"`)), strings.HasSuffix(strings.ToLower(name), ".ndjson"):
		return "fhir/*", nil
	case text[0] == '{' || text[0] == '[':
		return "json/*", nil
	case isExcel(name, head):
		return "", wrong("", "an Excel file whose record is not known", "a name pattern in the configuration, or ?kind= with an upload", "say what the sheet holds")
	}
	return table(text, p)
}

// unreadable refuses archives and bytes that are no text.
func unreadable(name string, head []byte) fhir.Issues {
	for magic, what := range packed {
		if bytes.HasPrefix(head, []byte(magic)) {
			return wrong("", "a "+what+" file", "plain files, and .xlsx", "unpack it, or save it as CSV UTF-8")
		}
	}
	zip := bytes.HasPrefix(head, []byte("PK"))
	if zip && !isExcel(name, head) {
		return wrong("", "a zip archive", "plain files, and .xlsx", "unpack it and send what is inside")
	}
	if !zip && bytes.IndexByte(head, 0) >= 0 {
		return wrong("", "bytes that are no text (a NUL)", "text in UTF-8", "save it as CSV UTF-8")
	}
	return nil
}

func isExcel(name string, head []byte) bool {
	return strings.EqualFold(path.Ext(name), ".xlsx") && bytes.HasPrefix(head, []byte("PK\x03\x04"))
}

// table finds the record whose columns a header has.
func table(text []byte, p *gateway.Partner) (gateway.Kind, fhir.Issues) {
	header, _, _ := bytes.Cut(text, []byte("\n"))
	var fits []string
	for _, name := range record.Names {
		kind := gateway.Kind("csv/" + name)
		good := true
		for part, err := range mappings.SplitCSV(bytes.NewReader(header), kind, p) {
			good = good && err == nil && !part.Issues.Errors()
		}
		if good {
			fits = append(fits, name)
		}
	}
	if len(fits) == 1 {
		return gateway.Kind("csv/" + fits[0]), nil
	}
	return "", wrong("", "a file that is none of the kinds, "+strconv.Itoa(len(fits))+" tables have its columns",
		"a table with the columns of one of "+strings.Join(record.Names, ", ")+"; JSON, X12 or HL7 v2", "use the template, or name the kind in the configuration")
}

func wrong(where, found, allowed, fix string) fhir.Issues {
	return fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeStructure, Found: found, Allowed: allowed, Fix: fix, Where: where}}
}
