package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// A message that fails before any of its statements was sent must not take the
// message before it along: that one is answered as accepted.
func TestAGroupSurvivesAPanic(t *testing.T) {
	urls := map[string]string{"sqlite": filepath.Join(t.TempDir(), "throughline.db")}
	if url := os.Getenv("THROUGHLINE_TEST_POSTGRES"); url != "" {
		urls["postgres"] = url
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s, err := Connect(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			table := "group_" + name
			if _, err := s.write.ExecContext(ctx, "create table if not exists "+table+" (n integer)"); err != nil {
				t.Fatal(err)
			}
			defer s.write.ExecContext(ctx, "drop table "+table)
			work := func(f func(context.Context, *tx) error) *job {
				return &job{ctx: ctx, work: func(ctx context.Context, t *tx) (*gateway.Receipt, error) { return nil, f(ctx, t) }}
			}
			put := func(n int) *job {
				return work(func(_ context.Context, t *tx) error {
					t.put("insert into "+table+" (n) values ($1)", n)
					return nil
				})
			}
			group := []*job{put(1), work(func(context.Context, *tx) error { panic("a body") }), put(2)}
			s.commitGroup(group)
			var f *gateway.Fault
			if group[0].err != nil || group[2].err != nil || !errors.As(group[1].err, &f) || f.Code != gateway.Internal {
				t.Fatalf("answers: %v, %v, %v", group[0].err, group[1].err, group[2].err)
			}
			var n int
			if err := s.write.QueryRowContext(ctx, "select count(*) from "+table+" where n in (1, 2)").Scan(&n); err != nil || n != 2 {
				t.Errorf("%d of 2 acknowledged messages are there, %v", n, err)
			}
		})
	}
}
