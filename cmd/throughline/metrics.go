package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/throughline/throughline/gateway"
)

// measure registers what is shown beside the API's own figures. No label names a
// person.
func (s *server) measure() {
	tries := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "throughline_delivery_seconds", Help: "Tries of deliveries by partner and outcome.",
		Buckets: prometheus.ExponentialBuckets(0.005, 3, 8)}, []string{"partner", "outcome"})
	s.drain.Observe = func(p gateway.PartnerID, outcome string, took time.Duration) {
		tries.WithLabelValues(string(p), outcome).Observe(took.Seconds())
	}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), tries, waiting{s})
}

// waiting shows what is open at the moment it is asked.
type waiting struct{ server *server }

var (
	openDesc    = prometheus.NewDesc("throughline_deliveries_open", "Deliveries that wait, by partner and state.", []string{"partner", "state"}, nil)
	ageDesc     = prometheus.NewDesc("throughline_delivery_oldest_seconds", "Age of the oldest delivery that waits.", []string{"partner", "state"}, nil)
	stoppedDesc = prometheus.NewDesc("throughline_lanes_stopped", "Lanes that wait for a person, by partner.", []string{"partner"}, nil)
	breakerDesc = prometheus.NewDesc("throughline_breaker_state", "1 for the state a breaker is in.", []string{"name", "state"}, nil)
	checkDesc   = prometheus.NewDesc("throughline_runs_doubted", "Runs of the night whose self-check found rows that differ, until a full run takes their place.", nil, nil)
	infoDesc    = prometheus.NewDesc("throughline_info", "The program and its store.", []string{"version", "store"}, nil)
)

// Describe lists what Collect gives.
func (w waiting) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openDesc, ageDesc, stoppedDesc, breakerDesc, checkDesc, infoDesc} {
		out <- d
	}
}

// Collect asks the store and the breakers.
func (w waiting) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	a := w.server.app
	gauge(infoDesc, 1, version, a.Store.Kind())
	for p, n := range w.server.lanes.Counts() {
		gauge(stoppedDesc, float64(n), string(p))
	}
	for p, state := range w.server.drain.Breakers() {
		gauge(breakerDesc, 1, string(p), state)
	}
	if r := a.redis(); r != nil {
		gauge(breakerDesc, 1, "redis", r.State())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counts, err := a.Store.OpenDeliveries(ctx)
	if err != nil {
		a.Log.Error("metrics", "op", "metrics", "error", err)
		return
	}
	doubted, err := a.Store.DoubtedRuns(ctx)
	if err != nil {
		a.Log.Error("metrics", "op", "metrics", "error", err)
		return
	}
	gauge(checkDesc, float64(doubted))
	for _, c := range counts {
		gauge(openDesc, float64(c.N), string(c.Partner), c.State)
		gauge(ageDesc, time.Since(c.Oldest).Seconds(), string(c.Partner), c.State)
	}
}
