package population_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"testing"

	"github.com/throughline/throughline/internal/population"
)

func generate(tb testing.TB, cfg population.Config) (enrollment, authorization, service bytes.Buffer, stats population.Stats) {
	tb.Helper()
	stats, err := population.Generate(cfg, &enrollment, &authorization, &service)
	if err != nil {
		tb.Fatal(err)
	}
	return
}

func TestSameConfigSameBytes(t *testing.T) {
	e1, a1, s1, _ := generate(t, population.Default(200))
	e2, a2, s2, _ := generate(t, population.Default(200))
	if !bytes.Equal(e1.Bytes(), e2.Bytes()) || !bytes.Equal(a1.Bytes(), a2.Bytes()) || !bytes.Equal(s1.Bytes(), s2.Bytes()) {
		t.Fatal("two runs of one config differ")
	}
	other := population.Default(200)
	other.Seed = 2
	_, _, s3, _ := generate(t, other)
	if bytes.Equal(s1.Bytes(), s3.Bytes()) {
		t.Fatal("another seed gives the same population")
	}
}

func TestTablesAreWellFormed(t *testing.T) {
	e, a, s, stats := generate(t, population.Default(500))
	for name, table := range map[string]struct {
		from io.Reader
		rows int64
	}{"enrollment": {&e, stats.Enrollments}, "authorization": {&a, stats.Authorizations}, "service": {&s, stats.Lines}} {
		rows, err := csv.NewReader(table.from).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if int64(len(rows)-1) != table.rows {
			t.Errorf("%s: %d rows, stats say %d", name, len(rows)-1, table.rows)
		}
	}
	if want := int64(500 * 35); stats.Lines < want*8/10 || stats.Lines > want*12/10 {
		t.Errorf("%d lines, want about %d", stats.Lines, want)
	}
}

func TestNPIHasItsCheckDigit(t *testing.T) {
	for _, n := range []uint64{0, 1, 23456789, 99999999, 123456789012} {
		id := "80840" + population.NPI(n)
		sum := 0
		for i := range id {
			d := int(id[len(id)-1-i] - '0')
			if i%2 == 1 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		if len(id) != 15 || sum%10 != 0 {
			t.Errorf("%s is not a valid provider number", id)
		}
	}
}

func TestRefusesAnEmptyPopulation(t *testing.T) {
	if _, err := population.Generate(population.Config{}, io.Discard, io.Discard, io.Discard); err == nil {
		t.Fatal("want an error")
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		stats, err := population.Generate(population.Default(1000), io.Discard, io.Discard, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(stats.Lines), "lines/op")
	}
}
