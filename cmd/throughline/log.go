package main

import (
	"errors"
	"io"
	"log/slog"
	"slices"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
)

// logKeys are all keys a log line may have. What stands under another key is
// dropped: a new key is added here by someone who knows that no person is in it.
var logKeys = []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey, "message", "partner", "lane", "op", "code", "request", "method", "status",
	"us", "bytes", "cause", "error", "stack", "from", "to", "schedule", "slot", "run", "count", "address", "store", "dedup", "version", "attempt", "next", "skipped",
	"delivery", "owner", "waiting", "job", "applied", "held", "failed", "test"}

// logger writes to stderr as the configuration says; least lifts the level for
// verbs whose talk is not the log.
func (c *cli) logger(cfg *config.Config, least slog.Level) *slog.Logger {
	return newLogger(c.errs, cfg.Logging, least)
}

func newLogger(w io.Writer, l config.Logging, least slog.Level) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil || level < least {
		level = least
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// redact keeps what may be logged, and words errors without what the issues of a
// fault say about content.
func redact(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 || !slices.Contains(logKeys, a.Key) {
		return slog.Attr{}
	}
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(errorWords(err))
	}
	return a
}

// errorWords names the operation and code of a fault and its innermost cause.
func errorWords(err error) string {
	var f *gateway.Fault
	if !errors.As(err, &f) {
		return err.Error()
	}
	words := f.Op + ": " + string(f.Code)
	if f.Err != nil {
		words += ": " + errorWords(f.Err)
	}
	return words
}
