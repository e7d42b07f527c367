package store_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// Rows that came as messages and come once more by the bulk door say nothing new:
// both doors give the ledger the same facts. The bulk door takes more of them: a
// line without units, say, has its verdict, where a message is sent back.
func TestBothDoorsGiveTheSameFacts(t *testing.T) {
	walk, err := os.ReadFile("../mappings/testdata/walk/services_bad.csv")
	if err != nil {
		t.Fatal(err)
	}
	var spans, auths, lines bytes.Buffer
	if _, err := population.Generate(population.Default(2), &spans, &auths, &lines); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, s *store.Store) {
		for _, f := range []struct{ kind, text string }{
			{"enrollment", spans.String()}, {"enrollment", string(mappings.Template("csv/enrollment"))},
			{"authorization", auths.String()}, {"authorization", string(mappings.Template("csv/authorization"))},
			{"service", lines.String()}, {"service", string(mappings.Template("csv/service"))}, {"service", string(walk)},
		} {
			taken := asMessages(t, s, f.kind, f.text)
			got := importText(t, s, "state", f.kind, f.text)
			if taken == 0 || got.Unchanged != taken {
				t.Errorf("%s: %d rows said nothing new, want the %d that were messages: %+v\n%.300s", f.kind, got.Unchanged, taken, got, f.text)
			}
		}
	})
}

// asMessages commits the facts of every row that a message may hold.
func asMessages(t *testing.T, s *store.Store, kind, text string) (taken int64) {
	t.Helper()
	p := &gateway.Partner{ID: "state", MemberSystem: storetest.MemberSystem}
	mapping, _, _ := mappings.For(gateway.Kind("csv/"+kind), p)
	for part, err := range mappings.SplitCSV(strings.NewReader(text), gateway.Kind("csv/"+kind), p) {
		if err != nil {
			t.Fatal(err)
		}
		out, err := mapping(&gateway.Message{Partner: p.ID, Kind: gateway.Kind("csv/" + kind), Body: part.Body}, p)
		if err != nil {
			t.Fatal(err)
		}
		if out.Issues.Errors() {
			continue
		}
		r := message("state", "")
		r.Mapped.Facts = out.Facts
		commit(t, s, r)
		taken++
	}
	return taken
}
