package files

import (
	"runtime"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway/intake"
)

// TestBadCells: what cannot be read of a table comes back with its row, the rows
// beside it go in, and memory does not grow with a cell.
func TestBadCells(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		want     string // in .rejected
		accepted int64
	}{
		"10 MB in a cell":     {"L-1", strings.Repeat("x", 10<<20), "row 3", 1}, // what comes behind it is not read
		"another encoding":    {"L-1", "L-\xe9", "row 3", 2},
		"a NUL":               {"L-1,", "L-1\x01,", "\r\nL-1\x01,C-1,", 2},
		"a formula":           {"L-1,", "=1+1,", "row 3", 2},
		"a quote in the word": {"L-1,", "L\"-1,", "row 3", 2},
		"a cell too many":     {"L-1,", "L-1,,", "row 3", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			content := strings.Replace(services(3), c.old, c.new, 1)
			w.drop("a.csv", content)
			before := heapNow()
			w.once(w.pickup("one", "rename"))
			if grown := int64(heapNow()) - int64(before); grown > 8<<20 {
				t.Errorf("%d bytes stayed", grown)
			}
			if f := w.file(); f.State != intake.Done || f.Counts.Accepted != c.accepted || f.Counts.Rejected != 1 {
				t.Fatalf("%+v", f)
			}
			if got := w.answer("rejected"); !strings.Contains(got, c.want) {
				t.Errorf("no %q in %.600q", c.want, got)
			}
		})
	}
}

// TestOpenQuote: a quote that is never closed takes the rest of the file with it,
// and says where it began; what stood before is in.
func TestOpenQuote(t *testing.T) {
	w := newWorld(t)
	w.drop("a.csv", strings.Replace(services(4), "L-2,", "\"L-2,", 1))
	w.once(w.pickup("one", "rename"))
	f := w.file()
	if f.Counts.Accepted != 2 || f.Counts.Rejected == 0 {
		t.Fatalf("%+v", f)
	}
	if got := w.answer("rejected"); !strings.Contains(got, "row 4") {
		t.Errorf("%q", got)
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
