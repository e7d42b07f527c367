package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyWithin bounds one check of readiness.
const readyWithin = 2 * time.Second

// Admin serves the operator's port: /livez depends on nothing, /readyz asks
// every named check, /metrics is for Prometheus. It belongs on a port of its
// own, which partners cannot reach.
func Admin(d Deps) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	e.GET("/livez", func(c *gin.Context) { c.JSON(http.StatusOK, readiness{Status: "ok", Checks: []checkResult{}}) })
	e.GET("/readyz", func(c *gin.Context) {
		out := ready(c.Request.Context(), d.Ready)
		status := http.StatusOK
		if out.Status != "ok" {
			status = http.StatusServiceUnavailable
		}
		c.JSON(status, out)
	})
	if d.Metrics != nil {
		e.GET("/metrics", gin.WrapH(promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{})))
	}
	return e
}

// readiness is the body of /readyz.
type readiness struct {
	Status string        `json:"status"`
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// ready asks all checks, so that an operator sees everything that is wrong.
func ready(ctx context.Context, checks []Check) readiness {
	out := readiness{Status: "ok", Checks: make([]checkResult, 0, len(checks))}
	for _, check := range checks {
		within, cancel := context.WithTimeout(ctx, readyWithin)
		err := check.Ask(within)
		cancel()
		r := checkResult{Name: check.Name, Status: "ok"}
		switch {
		case err != nil && check.Note:
			r.Status, r.Reason = "note", err.Error()
		case err != nil:
			r.Status, r.Reason, out.Status = "failed", err.Error(), "not ready"
		}
		out.Checks = append(out.Checks, r)
	}
	return out
}
