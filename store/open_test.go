package store_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/store"
)

// A database that cannot be opened leaves no pool behind: who waits for one to
// come up asks again and again.
func TestFailedOpenLeavesNothing(t *testing.T) {
	for name, url := range map[string]string{"sqlite": t.TempDir(), "postgres": "postgres://nobody@127.0.0.1:1/none", "postgres, a schema": "postgres://nobody@127.0.0.1:1/none?search_path=tests"} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			if s, err := store.Open(context.Background(), url, store.Policy{}); err == nil {
				t.Error("it opened", s.Close())
			}
		})
	}
}
