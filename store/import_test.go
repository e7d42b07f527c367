package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

const (
	serviceHead = "line_id,claim_id,member_id,provider_id,code,service_date,units,frequency,replaces,received_at\n"
	authHead    = "authorization_id,member_id,provider_id,code,start,end,units,status,payer,received_at\n"
	spanHead    = "member_id,start,end,payer,program,received_at\n"
)

// batch reads a table as the command does.
func batch(t testing.TB, partner, kind, text string, chunk int) store.ImportBatch {
	t.Helper()
	r, err := load.New(kind, strings.NewReader(text), load.Options{Partner: "p", MemberSystem: storetest.MemberSystem, ChunkRows: chunk})
	if err != nil {
		t.Fatal(err)
	}
	b := storetest.Batch(partner, kind, text)
	b.Next = func() (store.ImportChunk, error) {
		c, err := r.Next()
		return store.ImportChunk(c), err
	}
	return b
}

func importText(t testing.TB, s *store.Store, partner, kind, text string) *store.Imported {
	t.Helper()
	out, err := s.Import(context.Background(), batch(t, partner, kind, text, 7))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func want(t *testing.T, what string, got *store.Imported, added, unchanged int64) {
	t.Helper()
	if got.Added != added || got.Unchanged != unchanged {
		t.Errorf("%s: added %d unchanged %d, want %d and %d", what, got.Added, got.Unchanged, added, unchanged)
	}
}

func TestImportTwiceChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var text strings.Builder
		text.WriteString(serviceHead)
		for i := range 120 {
			fmt.Fprintf(&text, "L%03d,C%03d,M%d,1,H2021,2026-01-05,4,,,\n", i, i/2, i%11)
		}
		want(t, "first", importText(t, s, "p", "service", text.String()), 120, 0)
		again := importText(t, s, "p", "service", text.String())
		if !again.Repeat {
			t.Errorf("same file again: %+v, want a repeat", again)
		}
		want(t, "same rows in another file", importText(t, s, "p", "service", text.String()+"L999,,M1,1,H2021,2026-01-05,4,,,\n"), 1, 120)
		changed := strings.Replace(text.String(), "2026-01-05,4", "2026-01-05,5", 3)
		want(t, "three rows changed", importText(t, s, "p", "service", changed), 3, 117)
		want(t, "another partner's ids are its own", importText(t, s, "q", "service", text.String()), 120, 0)
	})
}

func TestImportSameKeyTwiceInOneFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		text := authHead + "A,M1,,H2021,2026-01-01,,10,pended,P,2026-01-01\nA,M1,,H2021,2026-01-01,,10,approved,P,2026-01-05\nA,M1,,H2021,2026-01-01,,10,pended,P,2026-01-01\n"
		want(t, "two versions", importText(t, s, "p", "authorization", text), 2, 1)
		want(t, "an old version again", importText(t, s, "p", "authorization", authHead+"A,M1,,H2021,2026-01-01,,10,pended,P,2026-01-01\n"), 0, 1)
	})
}

// TestImportResumes stops an import after each chunk in turn.
func TestImportResumes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var text strings.Builder
		text.WriteString(serviceHead)
		for i := range 40 {
			fmt.Fprintf(&text, "L%d,,M%d,1,H2021,2026-01-05,4,,,\n", i%30, i%5) // some keys twice, received never stated
		}
		stop := errors.New("stop")
		for chunks := 1; ; chunks++ {
			b := batch(t, "p", "service", text.String(), 7)
			read, n := b.Next, 0
			b.Next = func() (store.ImportChunk, error) {
				if n++; n > chunks {
					return store.ImportChunk{}, stop
				}
				return read()
			}
			out, err := s.Import(context.Background(), b)
			if errors.Is(err, stop) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if out.Rows != 40 || out.Added+out.Unchanged != 40 || out.Resumed == 0 {
				t.Errorf("resumed import: %+v", out)
			}
			break
		}
	})
}

func TestImportFaultOfTheFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		b := batch(t, "p", "service", serviceHead, 7)
		b.Next = func() (store.ImportChunk, error) { return store.ImportChunk{}, io.ErrUnexpectedEOF }
		if _, err := s.Import(context.Background(), b); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v", err)
		}
	})
}
