package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// A row for every enrolled child in each program and group; what is not in force
// on the day is not counted.
func TestRollUpRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		rows := append(twoPersons(),
			`insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member) values (10, '0a01', '', 'wraparound', 20000, 1, 0, 30000, 'state', 'M1')`,
			`insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member) values (11, '0b02', 'P2', 'wraparound', 20000, 1, 0, 30000, 'state', 'r1')`,
			`insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member) values (11, '0b02', 'P2', 'wraparound', 20000, 2, 0, 20400, 'state', 'r1')`,
			`insert into resource (type, id, version, bucket, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)
				values ('Patient', '0aff', 1, 10, '0a01', 'state', 0, 0, 0, 30000, 'created', 1, 1, '{"resourceType":"Patient","id":"0aff","address":[{"district":"Kane"}]}')`)
		for _, row := range rows {
			if err := s.Exec(ctx, row); err != nil {
				t.Fatalf("%s\n%v", row, err)
			}
		}
		follow(t, s, "r1", 20100, "a")
		if err := s.Exec(ctx, `insert into span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member, county)
			values (11, '0b02', 'P3', '', 20310, 3, 0, 20320, 'state', 'r1', 'Cook')`); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			by   gateway.RollUpBy
			day  int
			want []string
		}{
			{gateway.ByMCO, 20300, []string{"/wraparound 0", "MCOA/wraparound 0", "P2/wraparound 1"}},
			{gateway.ByMCO, 20500, []string{"/wraparound 0", "MCOA/wraparound 0"}},
			{gateway.ByProgram, 20300, []string{"wraparound/ 0", "wraparound/MCOA 0", "wraparound/P2 1"}},
			{gateway.ByCounty, 20300, []string{"/wraparound 1", "Kane/wraparound 0"}},
			{gateway.ByCounty, 20315, []string{"Cook/wraparound 1", "Kane/wraparound 0"}},
			{gateway.ByClinic, 20300, []string{"/wraparound 0", "clinic-a/wraparound 1"}},
		} {
			var got []string
			err := s.RollUp(ctx, c.by, ledger.Day(c.day), map[string]string{"partner:clinic-a": "clinic-a"}, func(r *gateway.RollUpRow) error {
				got = append(got, fmt.Sprintf("%s/%s %d", r.Group, r.Column, r.Open))
				return nil
			})
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("by %s on %d: %v %s", c.by, c.day, err, diff)
			}
		}
	})
}

// The county of an enrollment comes before that of the address, the program's own
// enrollment before another, the last to begin before an earlier one; a later row
// without a county takes none back.
func TestRollUpByStatedCounty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		head := "member_id,start,end,payer,program,county,received_at\n"
		importText(t, s, "state", "enrollment", head+"M1,2026-01-01,,P,W,Kane,\nM1,2026-02-01,,P,W,Cook,\nM1,2026-03-01,,Q,,Lake,\nM2,2026-01-01,,P,W,,\nM2,2026-02-01,,Q,,Lake,\nM3,2026-01-01,,P,W,,\n")
		importText(t, s, "state", "enrollment", spanHead+"M1,2026-02-01,2026-04-30,P,W,\n")
		for date, want := range map[string][]string{
			"2026-01-15": {"", "", "Kane"}, "2026-02-15": {"", "Cook", "Lake"}, "2026-03-15": {"", "Cook", "Lake"}, "2026-05-01": {"", "Kane", "Lake"},
		} {
			on, err := ledger.ParseDay(date)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = s.RollUp(context.Background(), gateway.ByCounty, on, nil, func(r *gateway.RollUpRow) error {
				got = append(got, r.Group)
				return nil
			})
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("on %s: %v %s", date, err, diff)
			}
		}
	})
}

// A row that only adds a county is a new version; one that says nothing of it
// adds nothing.
func TestCountyMakesAVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		head := "member_id,start,end,payer,program,county,received_at\n"
		for i, c := range []struct {
			text string
			want int
		}{{spanHead + "M1,2026-01-01,,P,W,\n", 1}, {head + "M1,2026-01-01,,P,W,Kane,\n", 2}, {spanHead + "M1,2026-01-01,,P,W,\n", 2}, {head + "M1,2026-01-01,,P,W,Kane,\n", 2}, {head + "M1,2026-01-01,,P,W,Cook,\n", 3}} {
			importText(t, s, "state", "enrollment", c.text)
			if n := s.Count(t, "span_fact"); n != c.want {
				t.Errorf("after table %d: %d versions, want %d", i+1, n, c.want)
			}
		}
	})
}
