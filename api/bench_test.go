package api_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
)

// Reading by id goes beside a static answer of gin (speed.md, section 3): the
// ratio counts, not the time.
func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	ref := w.create("clinic-a", patient("m-1"))
	w.deps.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	body := []byte(w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + ref}).body)

	gin.SetMode(gin.ReleaseMode)
	static := gin.New()
	static.GET("/fhir/*path", func(c *gin.Context) { c.Data(http.StatusOK, "application/fhir+json", body) })
	w.deps.Guard.Tokens = &access.Recent{Tokens: w.store, For: time.Second}
	for name, h := range map[string]http.Handler{"throughline": api.New(w.deps).Handler(), "static gin": static} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve(b, h, "GET", "/fhir/"+ref, nil, http.StatusOK)
			}
		})
	}
}

// Creating one care plan, durable and audited, on SQLite.
func BenchmarkCreate(b *testing.B) {
	w := newWorld(b)
	w.deps.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	ref := w.create("clinic-a", patient("m-1"))
	h := api.New(w.deps).Handler()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		plan := `{"resourceType":"CarePlan","identifier":[{"system":"urn:x","value":"` + strconv.Itoa(i) + `"}],"status":"active","intent":"plan","subject":{"reference":"` + ref + `"}}`
		serve(b, h, "POST", "/fhir/CarePlan", []byte(plan), http.StatusCreated)
	}
}

func serve(b *testing.B, h http.Handler, method, path string, body []byte, status int) {
	b.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token("clinic-a"))
	r.Header.Set("Content-Type", "application/fhir+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		b.Fatalf("%d: %s", w.Code, w.Body)
	}
}
