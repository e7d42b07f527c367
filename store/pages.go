package store

// pages collect rows without ever copying one to make room.
type pages[T any] [][]T

const pageRows = 1000

func (p *pages[T]) add() *T {
	last := len(*p) - 1
	if last < 0 || len((*p)[last]) == pageRows {
		*p = append(*p, make([]T, 0, pageRows))
		last++
	}
	page := append((*p)[last], *new(T))
	(*p)[last] = page
	return &page[len(page)-1]
}

// group brings the rows of each person together; it gives the rows and the
// offset of every person's first one. at is the place of each row's person.
func group[T any](p pages[T], at []int32, people int) ([]T, []int) {
	offsets := make([]int, people+1)
	for _, person := range at {
		offsets[person+1]++
	}
	for person := range people {
		offsets[person+1] += offsets[person]
	}
	rows, next := make([]T, len(at)), append([]int(nil), offsets...)
	n := 0
	for _, page := range p {
		for i := range page {
			to := &next[at[n]]
			rows[*to] = page[i]
			*to++
			n++
		}
	}
	return rows, offsets
}
