package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// formats are the values of _format that mean JSON
// (http://hl7.org/fhir/R4/http.html#parameters).
var formats = []string{"json", mediaJSON, mediaFHIR, "application/fhir json", "fhir+json", "fhir json"}

// acceptable checks that what we answer with is wanted: _format first, else the
// Accept header. Only FHIR routes serve one format; /v1 decides for itself.
func acceptable(r *http.Request, in *call) error {
	if !strings.HasPrefix(in.path, "/fhir") {
		return nil
	}
	if format := formatOf(in.query); format != "" {
		name, _, _ := strings.Cut(format, ";")
		if !slices.Contains(formats, strings.TrimSpace(name)) {
			return notAcceptable()
		}
		return nil
	}
	if !accepts(r.Header, mediaFHIR, mediaJSON) {
		return notAcceptable()
	}
	return nil
}

// formatOf is the _format of a query.
func formatOf(query string) string {
	if !strings.Contains(query, "_format") {
		return ""
	}
	values, _ := url.ParseQuery(query) // a broken query is reported where it is used
	return values.Get("_format")
}

// accepts says whether the Accept header allows one of the media types. No
// header allows all (RFC 9110 section 12.5.1).
func accepts(h http.Header, media ...string) bool {
	lines := h.Values("Accept")
	if len(lines) == 0 {
		return true
	}
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if zeroQuality(params) {
				continue
			}
			if name == "*/*" || name == "application/*" || slices.Contains(media, name) {
				return true
			}
		}
	}
	return false
}

// zeroQuality finds q=0, which means never.
func zeroQuality(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(p), "="); ok && name == "q" {
			q, err := strconv.ParseFloat(value, 64)
			return err == nil && q == 0
		}
	}
	return false
}

func notAcceptable() error {
	return withStatus(http.StatusNotAcceptable, gateway.NotSupported, issue("not-supported", "",
		"a format this server does not write", "JSON: Accept application/fhir+json or application/json, or _format=json", "ask for JSON"))
}
