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
		for _, c := range []struct {
			by   gateway.RollUpBy
			day  int
			want []string
		}{
			{gateway.ByMCO, 20300, []string{"/wraparound 0", "MCOA/wraparound 0", "P2/wraparound 1"}},
			{gateway.ByMCO, 20500, []string{"/wraparound 0", "MCOA/wraparound 0"}},
			{gateway.ByProgram, 20300, []string{"wraparound/ 0", "wraparound/MCOA 0", "wraparound/P2 1"}},
			{gateway.ByCounty, 20300, []string{"/wraparound 1", "Kane/wraparound 0"}},
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
