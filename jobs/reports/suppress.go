package reports

import (
	"container/heap"
	"math"
)

// Mask says which cells of a table may not be shown. It is one row and one
// column larger than the table: the last ones are the totals.
type Mask [][]bool

// Suppress hides the cells of a table of counts that are smaller than below but
// not zero (primary suppression: the CMS cell size policy asks for 11), and as
// many others that no hidden cell can be told from the totals (complementary
// suppression): for each there is another table that shows the same, in which
// the cell has another value. Totals are cells like others. Zeros are shown, and
// known to be zeros, unless they are to be hidden too.
//
// A table with its totals is a flow from rows to columns; a cell is open to
// another value if a circle of hidden cells through it can carry one unit more.
// Where none can, the cheapest circle is hidden: the one that hides least.
func Suppress(counts [][]int64, below int64, hideZeros bool) Mask {
	s := &suppression{cells: withTotals(counts), least: 1}
	if hideZeros {
		s.least = 0
	}
	s.mask = make(Mask, len(s.cells))
	for i, row := range s.cells {
		s.mask[i] = make([]bool, len(row))
		for j, n := range row {
			s.mask[i][j] = n > 0 && n < below || n == 0 && hideZeros
		}
	}
	for i := range s.cells {
		for j := range s.cells[i] {
			if s.mask[i][j] && !s.protect(i, j) {
				return s.all()
			}
		}
	}
	return s.mask
}

// withTotals adds a row and a column of sums.
func withTotals(counts [][]int64) [][]int64 {
	columns := 0
	if len(counts) > 0 {
		columns = len(counts[0])
	}
	out := make([][]int64, len(counts)+1)
	out[len(counts)] = make([]int64, columns+1)
	for i, row := range counts {
		out[i] = append(append(make([]int64, 0, columns+1), row...), 0)
		for j, n := range row {
			out[i][columns] += n
			out[len(counts)][j] += n
			out[len(counts)][columns] += n
		}
	}
	return out
}

type suppression struct {
	cells [][]int64 // with totals
	mask  Mask
	least int64 // what everybody knows a hidden cell to have
}

// all hides whatever is not known anyhow.
func (s *suppression) all() Mask {
	for i, row := range s.cells {
		for j, n := range row {
			s.mask[i][j] = n >= s.least
		}
	}
	return s.mask
}

// protect hides the cheapest circle through a hidden cell, in either direction.
func (s *suppression) protect(i, j int) bool {
	rows := len(s.cells)
	best, path := math.Inf(1), [][2]int(nil)
	for _, more := range []bool{true, false} {
		if !s.open(i, j, more) {
			continue
		}
		from, to := rows+j, i // the circle goes on from the column
		if s.forward(i, j) != more {
			from, to = i, rows+j
		}
		if cost, found := s.cheapest(from, to, [2]int{i, j}); found != nil && cost < best {
			best, path = cost, found
		}
	}
	for _, at := range path {
		s.mask[at[0]][at[1]] = true
	}
	return path != nil
}

// open says whether a cell can have one more, or one less.
func (s *suppression) open(i, j int, more bool) bool {
	n := s.cells[i][j]
	if n == 0 && s.least > 0 {
		return false // a zero is shown
	}
	return more || n > s.least
}

// forward says whether more in a cell goes from its row to its column: in totals
// it is the other way round, so that every row and column adds up to nothing.
func (s *suppression) forward(i, j int) bool {
	return (i == len(s.cells)-1) == (j == len(s.cells[0])-1)
}

// step is a place that a search has reached.
type step struct {
	node int
	cost float64
}

type steps []step

func (h steps) Len() int           { return len(h) }
func (h steps) Less(a, b int) bool { return h[a].cost < h[b].cost }
func (h steps) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }

// Push adds a step.
func (h *steps) Push(x any) { *h = append(*h, x.(step)) } //nolint:forcetypeassert // heap gives back what it was given

// Pop takes the last.
func (h *steps) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// cheapest finds the path between two nodes, rows first, that hides least beside
// what is hidden, without one cell. Hiding a cell costs what it counts.
func (s *suppression) cheapest(from, to int, without [2]int) (float64, [][2]int) {
	rows, columns := len(s.cells), len(s.cells[0])
	cost := make([]float64, rows+columns)
	by := make([]int, rows+columns)
	for i := range cost {
		cost[i], by[i] = math.Inf(1), -1
	}
	cost[from] = 0
	for h := (&steps{{from, 0}}); h.Len() > 0; {
		at := heap.Pop(h).(step) //nolint:forcetypeassert // see Push
		if at.node == to || at.cost > cost[at.node] {
			continue
		}
		for next := range rows + columns {
			i, j := at.node, next-rows
			if at.node >= rows {
				i, j = next, at.node-rows
			}
			if (at.node < rows) == (next < rows) || [2]int{i, j} == without || !s.open(i, j, s.forward(i, j) == (at.node < rows)) {
				continue
			}
			c := at.cost + 1e-9
			if !s.mask[i][j] {
				c += float64(s.cells[i][j])
			}
			if c < cost[next] {
				cost[next], by[next] = c, at.node
				heap.Push(h, step{next, c})
			}
		}
	}
	if math.IsInf(cost[to], 1) {
		return 0, nil
	}
	path := [][2]int{}
	for n := to; n != from; n = by[n] {
		i, j := min(n, by[n]), max(n, by[n])-rows
		path = append(path, [2]int{i, j})
	}
	return cost[to], path
}
