package main

import (
	"time"

	"github.com/throughline/throughline/gateway"
)

// pages gathers up to limit entries of a paged list; limit 0 = all.
func pages[T any](limit int, read func(gateway.Paging) ([]T, string, error)) ([]T, error) {
	var out []T
	for after := ""; ; {
		size := 1000
		if limit > 0 {
			size = min(size, limit-len(out))
		}
		page, next, err := read(gateway.Paging{After: after, Limit: size})
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if next == "" || limit > 0 && len(out) >= limit {
			return out, nil
		}
		after = next
	}
}

// moment reads a time (RFC 3339) or a date of a flag; empty is no bound.
func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage(flag+" is neither a time nor a date", "write 2026-03-02T15:04:05Z or 2026-03-02")
}
