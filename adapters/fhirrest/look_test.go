package fhirrest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// What came of the last look stands with the place: how many it handed in, or why
// it failed, until one goes well again.
func TestPollKeepsItsLastLook(t *testing.T) {
	away := false
	o := newOffice(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if away {
				http.Error(w, "away", http.StatusServiceUnavailable)
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	look := func() (l gateway.FeedLook) {
		t.Helper()
		_, _ = o.poller.Once(t.Context()) // what failed is what is looked at
		if err := json.Unmarshal([]byte(o.places[gateway.PollFeed("Task")]), &l); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(2 * time.Hour)
		return l
	}
	first := o.now
	if l := look(); !l.Looked.Equal(first) || l.Found != 0 || l.Fault != "" {
		t.Errorf("nothing there: %+v", l)
	}
	o.put(1, 4) // two pages
	if l := look(); l.Found != 4 || l.Fault != "" {
		t.Errorf("four tasks: %+v", l)
	}
	away = true
	failed := o.now
	if l := look(); l.Fault == "" || !l.Tried.Equal(failed) || l.Looked.Equal(failed) {
		t.Errorf("the server is away: %+v", l)
	}
	away = false
	if l := look(); l.Fault != "" || l.Looked.Before(failed) {
		t.Errorf("it is back: %+v", l)
	}
}
