package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// told is what a gateway tells its operators: the log, the metrics, and the
// faults of messages and deliveries.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line of the log.
func (o *told) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(line)
}

// ask adds what has to be asked for.
func (o *told) ask(t *testing.T, app *App, metrics string) {
	t.Helper()
	res, err := http.Get(metrics)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Contains(text, []byte("throughline_info")) {
		t.Errorf("no metrics: %v %.200s", err, text)
	}
	_, _ = o.Write(text)
	messages, _, err := app.Store.Messages(context.Background(), gateway.MessageFilter{}, gateway.Paging{Limit: 1000})
	if err != nil {
		t.Error(err)
	}
	for _, m := range messages {
		_, _ = o.Write([]byte(m.Fault + "\n"))
	}
	deliveries, _, err := app.Store.ListDeliveries(context.Background(), gateway.DeliveryFilter{}, gateway.Paging{Limit: 1000})
	if err != nil {
		t.Error(err)
	}
	for _, d := range deliveries {
		_, _ = o.Write([]byte(d.Fault + "\n"))
	}
}

// children are the names, numbers and birth date of the children of the journeys.
var children = []string{"zzyzx", "qwfp", "mrn7731", "mcd7731", "20130514", "2013-05-14"}

// namesNobody wants none of them in what was told.
func (o *told) namesNobody(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !strings.Contains(o.text.String(), "level=") {
		t.Error("nothing was logged: this test would find nothing anywhere")
	}
	for line := range strings.Lines(o.text.String()) {
		for _, c := range children {
			if strings.Contains(strings.ToLower(line), c) {
				t.Errorf("%q is told to operators: %s", c, line)
			}
		}
	}
}
