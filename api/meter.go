package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meter measures requests by operation and status; no label names a person, a
// partner or a path.
type meter struct{ seconds *prometheus.HistogramVec }

// newMeter registers with r; without it nothing is measured.
func newMeter(r prometheus.Registerer) *meter {
	if r == nil {
		return nil
	}
	m := &meter{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "throughline_http_request_seconds",
		Help:    "Time from the first byte of a request to the last of its answer, by operation and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"op", "status"})}
	r.MustRegister(m.seconds)
	return m
}

func (m *meter) observe(op string, status int, took time.Duration) {
	if m != nil {
		m.seconds.WithLabelValues(op, strconv.Itoa(status)).Observe(took.Seconds())
	}
}
