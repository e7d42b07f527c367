package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

// handler answers a call.
type handler func(ctx context.Context, c *call) (*reply, error)

// call is one request to one route: an HTTP request, or an entry of a batch.
type call struct {
	route   *route
	who     *access.Visitor // nil on open routes
	request string          // id of the HTTP request
	typ     string
	id      string
	version string // of a resource; name of an answer to a file
	path    string // path below the server's root, for keys: "/fhir/CarePlan/1"
	query   string // raw
	header  http.Header
	prefer  prefer
	media   string // media type of body
	body    []byte
	stream  io.Reader // the body of a file, instead of body
	entry   int       // 1-based entry of a batch; 0 = the request itself
}

// values are the parameters of the query; a broken one is malformed.
func (c *call) values() (url.Values, error) {
	values, err := url.ParseQuery(c.query)
	if err != nil {
		return nil, malformed("", "a query that cannot be read", "name=value pairs, percent-encoded", "encode it with a URL library")
	}
	return values, nil
}

// caller is who asks.
func (c *call) caller() gateway.Caller { return c.who.Caller }

// reply is what a handler answers.
type reply struct {
	status   int
	media    string // empty = FHIR JSON
	location string
	etag     string
	modified time.Time
	repeat   bool     // a stored answer, given again
	allow    []string // methods, with 405
	retry    time.Duration
	message  gateway.MessageID // for the log
	code     gateway.Code      // for the log; empty = fine
	body     []byte
	stream   func(io.Writer) error // instead of body: written as it is made
}

// The media types of answers.
const (
	mediaFHIR    = "application/fhir+json"
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
	mediaYAML    = "application/yaml"
	mediaCSV     = "text/csv"
	mediaForm    = "application/x-www-form-urlencoded"
	mediaUpload  = "multipart/form-data"
)

// prefer is the Prefer header (RFC 7240) as FHIR uses it.
type prefer struct {
	Return string // minimal, representation, OperationOutcome; empty = not said
	Strict bool   // handling=strict
}

// preferOf reads all Prefer headers; what is unknown is ignored, as the RFC wants.
func preferOf(h http.Header) prefer {
	var p prefer
	for _, line := range h.Values("Prefer") {
		for _, part := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			name, value = strings.ToLower(name), strings.Trim(value, `"`)
			switch {
			case name == "return" && (value == "minimal" || value == "representation" || value == "OperationOutcome"):
				p.Return = value
			case name == "handling":
				p.Strict = value == "strict"
			}
		}
	}
	return p
}
