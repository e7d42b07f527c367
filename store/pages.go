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
	page := &(*p)[last]
	*page = append(*page, *new(T))
	return &(*page)[len(*page)-1]
}
