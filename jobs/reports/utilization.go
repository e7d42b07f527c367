package reports

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/throughline/throughline/ledger"
)

// Utilization is the view of utilization review: how authorizations burn, what
// they will have used by their end, which will not be used and which not last.
type Utilization struct {
	Run    string           `json:"run_id"`
	AsOf   string           `json:"as_of"`
	LessBP int64            `json:"less_below_bp"` // of the units, forecast: less is under-use
	All    int64            `json:"authorizations"`
	Steady int64            `json:"on_course"`
	Less   int64            `json:"less"`
	More   int64            `json:"early"`
	Rows   []UtilizationRow `json:"rows"`

	asOf     ledger.Day
	programs map[string]*UtilizationSum
}

// UtilizationRow is one approved authorization that has begun and has an end.
type UtilizationRow struct {
	ID       string `json:"authorization_id"`
	Partner  string `json:"sent_by"`
	Payer    string `json:"payer"`
	Program  string `json:"program"`
	Start    string `json:"start"`
	End      string `json:"end"`
	Units    int64  `json:"approved"`
	Used     int64  `json:"used"`
	Left     int64  `json:"left"`
	BurnBP   int64  `json:"burn_bp"`
	Forecast int64  `json:"forecast_at_end"`
	Use      string `json:"use"`      // less, steady, early
	Out      string `json:"runs_out"` // the day at this pace; empty = not before the end
}

// UtilizationSum adds up a program.
type UtilizationSum struct {
	Name                                   string
	All, Units, Used, Forecast, Less, More int64
}

// The ways in which an authorization is used.
const (
	useLess   = "less"
	useSteady = "steady"
	useEarly  = "early"
)

// NewUtilization starts the view of a run. An authorization is under-used when
// its forecast is below lessBP of its units, in basis points.
func NewUtilization(run *ledger.Run, lessBP int64) *Utilization {
	return &Utilization{Run: run.ID, AsOf: run.AsOf.String(), LessBP: lessBP, asOf: run.AsOf, Rows: []UtilizationRow{}, programs: map[string]*UtilizationSum{}}
}

// Add takes one authorization in, if it is approved, in force and has a pace.
func (v *Utilization) Add(u *ledger.Use) {
	a, elapsed := u.Auth, u.Elapsed(v.asOf)
	if !a.TakesPart() || elapsed == 0 || a.End < v.asOf || a.End == ledger.Forever || a.Units <= 0 {
		return
	}
	r := UtilizationRow{ID: a.ID, Partner: a.Partner, Payer: a.Payer, Program: a.Program, Start: a.Start.String(), End: a.End.String(), Units: a.Units, Used: u.Used,
		Left: u.Remaining(), BurnBP: u.BurnBP(v.asOf), Forecast: max(u.Forecast(v.asOf), 0), Use: useSteady}
	if u.Used > 0 {
		if days := (a.Units*elapsed + u.Used - 1) / u.Used; ledger.Day(days)+a.Start-1 < a.End {
			r.Use, r.Out = useEarly, max(a.Start+ledger.Day(days)-1, min(v.asOf, a.End)).String()
		}
	}
	if r.Forecast*10000 < v.LessBP*a.Units {
		r.Use = useLess
	}
	v.Rows = append(v.Rows, r)
	v.sum(&r)
}

func (v *Utilization) sum(r *UtilizationRow) {
	p := v.programs[r.Program]
	if p == nil {
		p = &UtilizationSum{Name: cmp.Or(r.Program, noName)}
		v.programs[r.Program] = p
	}
	v.All++
	p.All, p.Units, p.Used, p.Forecast = p.All+1, p.Units+r.Units, p.Used+r.Used, p.Forecast+r.Forecast
	switch r.Use {
	case useLess:
		v.Less, p.Less = v.Less+1, p.Less+1
	case useEarly:
		v.More, p.More = v.More+1, p.More+1
	default:
		v.Steady++
	}
}

// Programs are the sums, the whole last.
func (v *Utilization) Programs() []UtilizationSum {
	all := UtilizationSum{Name: total}
	var out []UtilizationSum
	for _, name := range slices.Sorted(maps.Keys(v.programs)) {
		p := v.programs[name]
		out = append(out, *p)
		all.All, all.Units, all.Used, all.Forecast, all.Less, all.More = all.All+p.All, all.Units+p.Units, all.Used+p.Used, all.Forecast+p.Forecast, all.Less+p.Less, all.More+p.More
	}
	return append(out, all)
}

// Chart draws what is used, what will be, and what will be left.
func (v *Utilization) Chart() template.HTML {
	var bars []bar
	for _, p := range v.Programs() {
		more := max(min(p.Forecast, p.Units)-p.Used, 0)
		bars = append(bars, bar{p.Name, []int64{p.Used, more, max(p.Units-p.Used-more, 0)}, thousands(p.Units)})
	}
	return chart("chart-programs", "Units used, still to be used at this pace, and left over, by program", bars)
}

// useList is one list of the page.
type useList struct {
	Title, Words string
	All          int64
	Rows         []UtilizationRow
}

// Most is how many rows a list of the page has.
func (v *Utilization) Most() int64 { return shown }

// Lists are those to look at, those with most at stake first.
func (v *Utilization) Lists() []useList {
	return []useList{
		v.list("Under-use", "Care that was approved and will not happen at this pace. Most units left over first.", useLess, func(r *UtilizationRow) int64 { return r.Units - r.Forecast }),
		v.list("Over-use", "They will run out before they end. Ask for more, or plan with the team. Most units short first.", useEarly, func(r *UtilizationRow) int64 { return r.Forecast - r.Units }),
	}
}

func (v *Utilization) list(title, words, use string, stake func(*UtilizationRow) int64) useList {
	out := useList{Title: title, Words: words}
	for _, r := range v.Rows {
		if r.Use == use {
			out.Rows = append(out.Rows, r)
		}
	}
	out.All = int64(len(out.Rows))
	slices.SortStableFunc(out.Rows, func(a, b UtilizationRow) int {
		return cmp.Or(cmp.Compare(stake(&b), stake(&a)), cmp.Compare(a.ID, b.ID))
	})
	out.Rows = out.Rows[:min(len(out.Rows), shown)]
	return out
}

//go:embed utilization.html
var utilizationPage string

// Write writes the view: html, csv, json or xlsx. The same run, the same bytes.
func (v *Utilization) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	case "xlsx":
		return v.xlsx(w)
	case "csv":
		c := csv.NewWriter(w)
		rows := [][]string{{"authorization_id", "sent_by", "payer", "program", "start", "end", "approved", "used", "left", "burn_bp", "forecast_at_end", "use", "runs_out"}}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		for _, r := range v.Rows {
			rows = append(rows, []string{r.ID, r.Partner, r.Payer, r.Program, r.Start, r.End, number(r.Units), number(r.Used), number(r.Left), number(r.BurnBP), number(r.Forecast), r.Use, r.Out})
		}
		return c.WriteAll(rows)
	}
	return writePage(w, utilizationPage, v)
}

//go:embed style.html
var pageStyle string

// writePage fills a page of its own, with the style of all.
func writePage(w io.Writer, text string, data any) error {
	t, err := template.New("page").Funcs(template.FuncMap{"n": thousands, "bp": percent}).Parse(pageStyle)
	if err == nil {
		t, err = t.Parse(text)
	}
	if err != nil {
		return err
	}
	return t.Execute(w, data)
}
