package api

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// keys under which a request carries what its log line needs.
const (
	keyRequest = "request"
	keyNote    = "note"
)

// note is what a log line says beside method, status and time.
type note struct {
	op, partner, code, message string
}

// watch gives the request an id, survives panics, and writes one log line: the
// pattern of the route instead of its path, no query, no body.
func (a *API) watch(c *gin.Context) {
	start := a.Now()
	id := newRequestID()
	n := &note{op: "none"}
	c.Set(keyRequest, id)
	c.Set(keyNote, n)
	h := c.Writer.Header()
	h.Set("X-Request-Id", id)
	if sent := c.GetHeader("X-Request-Id"); isID(sent) {
		h.Set("X-Correlation-Id", sent) // http://hl7.org/fhir/R4/http.html#custom
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	defer func() {
		if cause := recover(); cause != nil {
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			a.panicked(c, cause)
		}
		took := a.Now().Sub(start)
		a.meter.observe(n.op, c.Writer.Status(), took)
		a.logged(c, id, n, took)
	}()
	c.Next()
}

// panicked answers 500. The cause may hold anything, so only its type and the
// place are logged.
func (a *API) panicked(c *gin.Context, cause any) {
	if err, ok := cause.(error); ok {
		a.Log.Error("panic", "request", c.GetString(keyRequest), "cause", err.Error(), "stack", string(debug.Stack()))
	} else {
		a.Log.Error("panic", "request", c.GetString(keyRequest), "stack", string(debug.Stack()))
	}
	if c.Writer.Written() {
		panic(http.ErrAbortHandler) // too late for another answer: cut the connection
	}
	a.refuse(c, errPanic)
}

func (a *API) logged(c *gin.Context, id string, n *note, took time.Duration) {
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request", id),
		slog.String("method", c.Request.Method),
		slog.String("op", n.op),
		slog.String("partner", n.partner),
		slog.Int("status", c.Writer.Status()),
		slog.String("code", n.code),
		slog.Int64("us", took.Microseconds()),
		slog.Int("bytes", max(c.Writer.Size(), 0)),
	}
	if n.message != "" {
		attrs = append(attrs, slog.String("message", n.message))
	}
	a.Log.LogAttrs(c.Request.Context(), level, "http", attrs...)
}

// noRoute and noMethod answer for paths outside the table.
func (a *API) noRoute(c *gin.Context) { a.refuse(c, noSuchPath()) }

func (a *API) noMethod(c *gin.Context) {
	if below, ok := strings.CutPrefix(c.Request.URL.Path, "/fhir"); ok {
		_, err := a.lookup(c.Request.Method, aim(below))
		a.refuse(c, err)
		return
	}
	a.refuse(c, wrongMethod(strings.Split(c.Writer.Header().Get("Allow"), ", ")))
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
