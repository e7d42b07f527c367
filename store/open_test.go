package store_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
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

// Who is told to stop in the middle of a transaction gives its connection up; the
// store still closes without an error.
func TestCloseAfterAnInterruptedWrite(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s, err := store.Open(context.Background(), url, storetest.Policy())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		if err := s.InTx(ctx, cancel); err == nil {
			t.Error("a write that was called off went through")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
