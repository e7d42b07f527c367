package api

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/fhir"
)

// problem is an error of /v1 (RFC 9457), with everything that is wrong at once.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Issues []problemIssue `json:"issues"`
}

// problemIssue is one thing to mend. Row and column name the place in a CSV file.
type problemIssue struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Path     string `json:"path,omitempty"`
	Where    string `json:"where,omitempty"`
	Found    string `json:"found,omitempty"`
	Allowed  string `json:"allowed,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// problem words a refusal for /v1.
func (r refused) problem() *reply {
	body := mustJSON(problem{Type: "about:blank", Title: http.StatusText(r.status), Status: r.status,
		Code: string(r.code), Issues: issuesOf(r.issues)})
	return &reply{status: r.status, media: mediaProblem, retry: r.retry, allow: r.allow, code: r.code, body: body}
}

// issuesOf is the JSON form of issues; never null.
func issuesOf(is fhir.Issues) []problemIssue {
	out := make([]problemIssue, 0, len(is))
	for _, i := range is {
		severity := i.Severity
		if severity == "" {
			severity = fhir.Error
		}
		out = append(out, problemIssue{string(severity), i.Code, i.Path, i.Where, i.Found, i.Allowed, i.Fix})
	}
	return out
}

// mustJSON writes our own types, which always can be written.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return b
}
