package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// The kinds of body a route takes.
const (
	noBody       = iota
	resourceBody // a FHIR resource
	formBody     // a form, or nothing
	messageBody  // a resource, records, a CSV file
	jsonBody     // a request of /v1
	fileBody     // a file, read while it comes
)

// taken are the media types of each kind.
var taken = map[int][]string{
	resourceBody: {mediaFHIR, mediaJSON},
	formBody:     {mediaForm},
	messageBody:  {mediaFHIR, mediaJSON, mediaCSV, mediaUpload},
	jsonBody:     {mediaJSON},
	fileBody:     {mediaCSV, mediaJSON, mediaFHIR, mediaX12, mediaHL7, mediaExcel, mediaText, mediaBytes},
}

// readBody reads and unpacks the body of a request. The limit holds before and
// after decompression, so that neither a long body nor a bomb costs more.
func (a *API) readBody(c *gin.Context, in *call) error {
	r := c.Request
	if in.route.Body == formBody && r.ContentLength == 0 {
		return nil
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(taken[in.route.Body], media) {
		return wrongMedia(taken[in.route.Body])
	}
	if set := params["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		return wrongMedia(taken[in.route.Body])
	}
	if version := params["fhirversion"]; version != "" && version != "4.0" {
		return wrongMedia(taken[in.route.Body]) // http://hl7.org/fhir/R4/versioning.html#mt-version
	}
	in.media = media
	if in.route.Body == fileBody {
		return stream(c, in)
	}
	if r.ContentLength > int64(a.MaxBody) {
		return tooLarge(a.MaxBody)
	}
	body := io.Reader(http.MaxBytesReader(c.Writer, r.Body, int64(a.MaxBody)))
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return unreadable(err, a.MaxBody)
		}
		body = unpacked
	default:
		return withStatus(http.StatusUnsupportedMediaType, gateway.NotSupported, issue("not-supported", "",
			"a Content-Encoding that is not read", "gzip, or none", "send the body as it is, or packed with gzip"))
	}
	in.body, err = slurp(body, a.MaxBody, r.ContentLength)
	if err != nil {
		return unreadable(err, a.MaxBody)
	}
	if len(in.body) == 0 && in.route.Body != formBody {
		return malformed("", "an empty body", strings.Join(taken[in.route.Body], ", "), "send the content as the body of the request")
	}
	return nil
}

// stream leaves the body to the handler, which bounds it, and gives it the time
// that a large file takes.
func stream(c *gin.Context, in *call) error {
	if e := c.Request.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return packedFile()
	}
	until, control := time.Now().Add(uploadTime), http.NewResponseController(c.Writer)
	if err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	in.stream = c.Request.Body
	return nil
}

// errTooLong stops slurp.
var errTooLong = errors.New("api: body over the limit")

// slurp reads all of r, up to limit bytes; hint is the length to expect, if known.
func slurp(r io.Reader, limit int, hint int64) ([]byte, error) {
	var b bytes.Buffer
	if hint > 0 {
		b.Grow(int(min(hint, int64(limit))) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if err == nil && n > int64(limit) {
		err = errTooLong
	}
	return b.Bytes(), err
}

// unreadable says why a body could not be read.
func unreadable(err error, limit int) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) || errors.Is(err, errTooLong) {
		return tooLarge(limit)
	}
	return malformed("", "a body that breaks off or cannot be unpacked", "the whole body, its length as announced", "send it again")
}

func tooLarge(limit int) error {
	return gateway.Faultf("api", gateway.TooLarge, issue(fhir.CodeTooLong, "", "a body that is too long",
		fmt.Sprintf("at most %d bytes, also after unpacking", limit), "send it in parts; large files go by bulk import"))
}

func wrongMedia(allowed []string) error {
	return withStatus(http.StatusUnsupportedMediaType, gateway.NotSupported, issue("not-supported", "",
		"a Content-Type that is not read here", strings.Join(allowed, ", ")+", in UTF-8", "send JSON and say so in Content-Type"))
}
