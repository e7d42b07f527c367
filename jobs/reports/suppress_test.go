package reports

import (
	"testing"

	"pgregory.net/rapid"
)

// another says whether there is another table, each of whose cells differs by
// one at most, that shows the same and has another value in a hidden cell. It
// tries them all.
func another(cells [][]int64, mask Mask, least int64, at [2]int) bool {
	rows, columns := len(cells)-1, len(cells[0])-1
	d := make([]int64, rows*columns)
	var try func(n int) bool
	try = func(n int) bool {
		if n < len(d) {
			i, j := n/columns, n%columns
			for _, by := range []int64{0, 1, -1} {
				if by != 0 && (!mask[i][j] || cells[i][j]+by < least) {
					continue
				}
				d[n] = by
				if try(n + 1) {
					return true
				}
			}
			d[n] = 0
			return false
		}
		diff := withTotals(grid(d, rows, columns))
		for i := range diff {
			for j, by := range diff[i] {
				if by != 0 && (!mask[i][j] || cells[i][j]+by < least) {
					return false
				}
			}
		}
		return diff[at[0]][at[1]] != 0
	}
	return try(0)
}

func grid(values []int64, rows, columns int) [][]int64 {
	out := make([][]int64, rows)
	for i := range out {
		out[i] = values[i*columns : (i+1)*columns]
	}
	return out
}

// No hidden cell, total or not, can be derived from what is shown; everything
// small is hidden.
func TestNothingHiddenCanBeDerived(t *testing.T) {
	derived := 0 // what primary suppression alone would give away
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 3).Draw(t, "rows"), rapid.IntRange(1, 3).Draw(t, "columns")
		counts := grid(rapid.SliceOfN(rapid.Int64Range(0, 14), rows*columns, rows*columns).Draw(t, "counts"), rows, columns)
		hide := rapid.Bool().Draw(t, "hide zeros")
		const below = 5
		least := map[bool]int64{true: 0, false: 1}[hide]
		mask, cells := Suppress(counts, below, hide), withTotals(counts)
		for i := range cells {
			for j, n := range cells[i] {
				if small := n > 0 && n < below || n == 0 && hide; small && !mask[i][j] {
					t.Fatalf("%d is shown: %v", n, counts)
				}
				if !mask[i][j] {
					continue
				}
				if n == 0 && !hide {
					t.Fatalf("a zero is hidden: %v", counts)
				}
				if !another(cells, mask, least, [2]int{i, j}) {
					t.Fatalf("cell %d,%d = %d of %v can be derived: %v", i, j, n, counts, mask)
				}
			}
		}
		primary := make(Mask, len(cells))
		for i := range cells {
			primary[i] = make([]bool, len(cells[i]))
			for j, n := range cells[i] {
				primary[i][j] = n > 0 && n < below || n == 0 && hide
			}
		}
		for i := range cells {
			for j := range cells[i] {
				if primary[i][j] && !another(cells, primary, least, [2]int{i, j}) {
					derived++
				}
			}
		}
	})
	if derived == 0 {
		t.Error("primary suppression alone gave nothing away: this test proves nothing")
	}
}

func TestSuppressHidesLittle(t *testing.T) {
	counts := [][]int64{{3, 40, 50}, {60, 12, 70}, {80, 90, 100}}
	mask, hidden := Suppress(counts, 11, false), 0
	for _, row := range mask {
		for _, h := range row {
			if h {
				hidden++
			}
		}
	}
	if hidden != 4 || !mask[0][0] || !mask[0][1] || !mask[1][0] || !mask[1][1] {
		t.Errorf("%d hidden: %v", hidden, mask)
	}
	for _, row := range Suppress([][]int64{{20, 0}, {30, 15}}, 11, false) {
		for _, h := range row {
			if h {
				t.Error("hidden without need")
			}
		}
	}
}

func BenchmarkSuppress(b *testing.B) {
	counts := make([][]int64, 100)
	for i := range counts {
		counts[i] = []int64{int64(i * 7 % 40), int64(i * 13 % 60), int64(i * 29 % 90), int64(i * 31 % 25), int64(i * 3 % 12)}
	}
	for b.Loop() {
		Suppress(counts, 11, false)
	}
}
