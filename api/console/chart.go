package console

// bar is one bar of a chart; its parts add up from the left.
type bar struct {
	Name  string
	Parts []int
	Text  string
}

// rect is a part of a bar in the units of the picture.
type rect struct {
	Class         string
	X, Y, W, H    int
	Label, Number string
}

// Places of a chart: names to the left, bars, words to the right.
const (
	chartNames, chartBars, chartWords = 150, 420, 190
	chartRow, chartBar                = 30, 20
)

// chart is a picture of bars to one scale; parts.html draws it, beside a table
// that says the same.
type chart struct {
	Title string
	W, H  int
	Rects []rect
	Bars  []bar
}

// barFills are the classes of the parts.
var barFills = []string{"fill-1", "fill-2", "fill-3"}

func chartOf(title string, bars []bar) chart {
	longest := 1
	for _, b := range bars {
		longest = max(longest, sumOf(b.Parts))
	}
	c := chart{Title: title, W: chartNames + chartBars + chartWords, H: len(bars)*chartRow + 8, Bars: bars}
	for i, b := range bars {
		x := chartNames
		for n, part := range b.Parts {
			w := part * chartBars / longest
			if part > 0 {
				w = max(w, 2)
			}
			c.Rects = append(c.Rects, rect{Class: barFills[n%len(barFills)], X: x, Y: 4 + i*chartRow, W: w, H: chartBar})
			x += w
		}
		c.Rects = append(c.Rects, rect{X: x + 8, Y: 4 + i*chartRow + 15, Label: b.Name, Number: b.Text})
	}
	return c
}

func sumOf(parts []int) (n int) {
	for _, p := range parts {
		n += p
	}
	return n
}
