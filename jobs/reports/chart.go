package reports

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// bar is one bar of a chart: parts add up from the left.
type bar struct {
	name  string
	parts []int64
	text  string
}

// fills are the classes of the parts of a bar; the style sheet gives each its
// own colour and, in print, its own pattern of grey.
var fills = []string{"good", "part", "miss"}

const (
	labelWidth, barWidth, textWidth = 220, 395, 105
	barHeight, barGap               = 20, 8
)

// chart draws horizontal bars to one scale. The table beside it says the same to
// those who do not see it, so the picture itself is one image with a title.
func chart(id, title string, bars []bar) template.HTML {
	var longest int64 = 1
	for _, b := range bars {
		longest = max(longest, sum(b.parts))
	}
	height := len(bars)*(barHeight+barGap) + barGap
	var s strings.Builder
	fmt.Fprintf(&s, `<div class="wide" tabindex="0" role="group" aria-labelledby="%s">`, id) // on a small screen it scrolls, so that its words can be read
	fmt.Fprintf(&s, `<svg viewBox="0 0 %d %d" role="img" aria-labelledby="%s"><title id="%s">%s</title>`,
		labelWidth+barWidth+textWidth, height, id, id, template.HTMLEscapeString(title))
	for i, b := range bars {
		y := barGap + i*(barHeight+barGap)
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, y+15, template.HTMLEscapeString(cut(b.name)))
		x := int64(0)
		for p, n := range b.parts {
			if w := n * barWidth / longest; w > 0 || n > 0 {
				w = max(w, 1)
				fmt.Fprintf(&s, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, fills[p], labelWidth+x, y, w, barHeight)
				x += w
			}
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d">%s</text>`, labelWidth+x+6, y+15, template.HTMLEscapeString(b.text))
	}
	s.WriteString("</svg></div>")
	return template.HTML(s.String())
}

func sum(parts []int64) (n int64) {
	for _, p := range parts {
		n += p
	}
	return n
}

func cut(s string) string {
	if r := []rune(s); len(r) > 26 {
		return string(r[:25]) + "…"
	}
	return s
}

func verdictChart(rows []verdictRow) template.HTML {
	var bars []bar
	for _, r := range rows {
		parts := []int64{0, 0, r.Lines}
		switch r.Verdict {
		case "matched":
			parts = []int64{r.Lines}
		case "over_cap", "exhausted":
			parts = []int64{0, r.Lines}
		}
		bars = append(bars, bar{string(r.Verdict), parts, thousands(r.Lines)})
	}
	return chart("chart-verdicts", "Lines by verdict", bars)
}

func groupChart(title string, rows []groupRow) template.HTML {
	var bars []bar
	for _, r := range rows {
		bars = append(bars, bar{r.Name, []int64{r.Matched, r.Partly, r.Other}, thousands(r.Lines)})
	}
	return chart("chart-"+strings.ReplaceAll(strings.ToLower(title), " ", "-"), title, bars)
}

// burnRow is a band of the burn chart.
type burnRow struct {
	Name  string
	Auths int64
}

var burnNames = [burnBands]string{"not used at all", "below a quarter of the pace", "a quarter to a half", "a half to three quarters", "three quarters to full pace", "on pace or ahead"}

func burnRows(counts [burnBands]int64) []burnRow {
	out := make([]burnRow, burnBands)
	for i, n := range counts {
		out[i] = burnRow{burnNames[i], n}
	}
	return out
}

func burnChart(rows []burnRow) template.HTML {
	var bars []bar
	for i, r := range rows {
		parts := []int64{0, 0, r.Auths}
		if i == burnBands-1 {
			parts = []int64{r.Auths}
		} else if i >= 3 {
			parts = []int64{0, r.Auths}
		}
		bars = append(bars, bar{r.Name, parts, thousands(r.Auths)})
	}
	return chart("chart-burn", "Approved authorizations by burn rate", bars)
}

// thousands groups digits: 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent writes basis points: 61.25 %.
func percent(bp int64) string { return fmt.Sprintf("%d.%02d %%", bp/100, bp%100) }
