package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/throughline/throughline/api"
)

func TestAdmin(t *testing.T) {
	away := errors.New("no answer within 2 s")
	var fault error
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "throughline_test_total", Help: "x"}))
	h := api.Admin(api.Deps{Metrics: registry, Ready: []api.Check{
		{Name: "store", Ask: func(context.Context) error { return fault }},
		{Name: "schema", Ask: func(context.Context) error { return nil }},
	}})
	get := func(path string, status int) string {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
		return w.Body.String()
	}
	if body := get("/readyz", http.StatusOK); !strings.Contains(body, `"name":"store","status":"ok"`) {
		t.Error(body)
	}
	fault = away
	if body := get("/readyz", http.StatusServiceUnavailable); !strings.Contains(body, `"reason":"no answer within 2 s"`) || !strings.Contains(body, `"name":"schema","status":"ok"`) {
		t.Error(body)
	}
	get("/livez", http.StatusOK)
	if body := get("/metrics", http.StatusOK); !strings.Contains(body, "throughline_test_total 0") {
		t.Error(body)
	}
	get("/fhir/metadata", http.StatusNotFound)

	served := api.New(api.Deps{Meter: registry, Log: slog.New(slog.DiscardHandler)}).Handler()
	served.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/fhir/metadata", nil))
	if body := get("/metrics", http.StatusOK); !strings.Contains(body, `throughline_http_request_seconds_count{op="capabilities",status="200"} 1`) {
		t.Error(body)
	}
}
