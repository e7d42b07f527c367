package reports

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// RollUp counts children, their findings and their units by group and column.
type RollUp struct {
	By      gateway.RollUpBy `json:"by"`
	AsOf    string           `json:"as_of"`
	Below   int64            `json:"suppressed_below"` // 0 = nothing is: not to be shared
	Zeros   bool             `json:"zeros_shown"`
	Groups  []string         `json:"groups"` // the last is the total
	Columns []string         `json:"columns"`
	Cells   [][]RollUpCell   `json:"cells"`
	day     ledger.Day
}

// RollUpCell is one group in one column. What is suppressed has no numbers.
type RollUpCell struct {
	Hidden     bool  `json:"suppressed,omitempty"`
	Children   int64 `json:"children"`
	Open       int64 `json:"open_findings"`
	Violations int64 `json:"violations"`
	Approved   int64 `json:"approved_units"`
	Used       int64 `json:"used_units"`
}

// RollUpCount gathers rows, in any order.
type RollUpCount struct {
	cells map[[2]string]*RollUpCell
}

// Add takes one child in one group and column.
func (c *RollUpCount) Add(r *gateway.RollUpRow) {
	if c.cells == nil {
		c.cells = map[[2]string]*RollUpCell{}
	}
	at := [2]string{r.Group, r.Column}
	cell := c.cells[at]
	if cell == nil {
		cell = &RollUpCell{}
		c.cells[at] = cell
	}
	cell.add(&RollUpCell{Children: 1, Open: r.Open, Violations: r.Violations, Approved: r.Approved, Used: r.Used})
}

func (c *RollUpCell) add(o *RollUpCell) {
	c.Children, c.Open, c.Violations, c.Approved, c.Used = c.Children+o.Children, c.Open+o.Open, c.Violations+o.Violations, c.Approved+o.Approved, c.Used+o.Used
}

// noName is what a group without a name is called.
const noName = "(none on record)"

// total is the name of sums.
const total = "(all)"

// RollUp makes the table. A cell of fewer children than below is hidden with all
// its numbers, and so are others that would give it away, see Suppress; the
// numbers beside the children are hidden with them. 0 hides nothing.
func (c *RollUpCount) RollUp(by gateway.RollUpBy, asOf ledger.Day, below int64, hideZeros bool) *RollUp {
	r := &RollUp{By: by, AsOf: asOf.String(), Below: below, Zeros: !hideZeros, day: asOf}
	groups, columns := map[string]bool{}, map[string]bool{}
	for at := range c.cells {
		groups[at[0]], columns[at[1]] = true, true
	}
	r.Groups, r.Columns = append(slices.Sorted(maps.Keys(groups)), total), append(slices.Sorted(maps.Keys(columns)), total)
	r.Cells = make([][]RollUpCell, len(r.Groups))
	for i := range r.Cells {
		r.Cells[i] = make([]RollUpCell, len(r.Columns))
	}
	for at, cell := range c.cells {
		i, _ := slices.BinarySearch(r.Groups[:len(r.Groups)-1], at[0])
		j, _ := slices.BinarySearch(r.Columns[:len(r.Columns)-1], at[1])
		for _, to := range []*RollUpCell{&r.Cells[i][j], &r.Cells[len(r.Groups)-1][j], &r.Cells[i][len(r.Columns)-1], &r.Cells[len(r.Groups)-1][len(r.Columns)-1]} {
			to.add(cell)
		}
	}
	if below > 0 {
		r.suppress(below, hideZeros)
	}
	for _, names := range [][]string{r.Groups, r.Columns} {
		if i := slices.Index(names, ""); i >= 0 {
			names[i] = noName
		}
	}
	return r
}

func (r *RollUp) suppress(below int64, hideZeros bool) {
	counts := make([][]int64, len(r.Groups)-1)
	for i := range counts {
		for _, cell := range r.Cells[i][:len(r.Columns)-1] {
			counts[i] = append(counts[i], cell.Children)
		}
	}
	if len(counts) == 0 {
		return
	}
	for i, row := range Suppress(counts, below, hideZeros) {
		for j, hidden := range row {
			if hidden {
				r.Cells[i][j] = RollUpCell{Hidden: true}
			}
		}
	}
}

// rollUpColumns are the columns of the tables.
var rollUpColumns = []string{"group", "column", "children", "open_findings", "violations", "approved_units", "used_units", "suppressed"}

// Write writes the report: html, csv, json or xlsx. The same rows, the same bytes.
func (r *RollUp) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case "csv":
		return r.csv(w)
	case "xlsx":
		return r.xlsx(w)
	}
	return writePage(w, rollUpPage, r)
}

//go:embed rollup.html
var rollUpPage string

func (r *RollUp) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{rollUpColumns}
	r.each(func(group, column string, cell *RollUpCell) {
		row := []string{group, column}
		for _, n := range cell.numbers() {
			text := strconv.FormatInt(n, 10)
			if cell.Hidden {
				text = ""
			}
			row = append(row, text)
		}
		rows = append(rows, append(row, strconv.FormatBool(cell.Hidden)))
	})
	return c.WriteAll(rows)
}

func (c *RollUpCell) numbers() []int64 {
	return []int64{c.Children, c.Open, c.Violations, c.Approved, c.Used}
}

func (r *RollUp) each(f func(group, column string, cell *RollUpCell)) {
	for i, group := range r.Groups {
		for j, column := range r.Columns {
			f(group, column, &r.Cells[i][j])
		}
	}
}

func (r *RollUp) xlsx(w io.Writer) error {
	book, err := NewWorkbook(r.Title(), r.day.Time())
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it only removes its temporary files
	columns := make([]Column, len(rollUpColumns))
	for i, name := range rollUpColumns {
		columns[i] = Column{Name: name, Width: 18}
	}
	err = book.Sheet("Roll-up", columns, func(row func(...any) error) (err error) {
		r.each(func(group, column string, cell *RollUpCell) {
			cells := []any{group, column}
			for _, n := range cell.numbers() {
				if cell.Hidden {
					cells = append(cells, nil)
				} else {
					cells = append(cells, n)
				}
			}
			if err == nil {
				err = row(append(cells, cell.Hidden)...)
			}
		})
		return err
	})
	if err == nil {
		err = book.Sheet("Dictionary", []Column{{"column", 20}, {"meaning", 100}}, func(row func(...any) error) error {
			for _, d := range r.Dictionary() {
				if err := row(d[0], d[1]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	return book.Write(w)
}

// Title is the report's name.
func (r *RollUp) Title() string { return "Children by " + r.Words() + " as of " + r.AsOf }

// Words says what the groups are.
func (r *RollUp) Words() string {
	return map[gateway.RollUpBy]string{gateway.ByProgram: "program and payer", gateway.ByClinic: "clinic and program", gateway.ByMCO: "payer and program", gateway.ByCounty: "county and program"}[r.By]
}

// Dictionary says what the columns mean.
func (r *RollUp) Dictionary() [][2]string {
	out := [][2]string{
		{"children", "children with an enrollment in force on the day, once in each cell; a child of two programs or two groups counts in both, and so in the totals"},
		{"open_findings, violations", "findings about them that are open; those that break a required rule"},
		{"approved_units, used_units", "of their approved authorizations in the newest full night"},
	}
	if r.By == gateway.ByCounty {
		out = append(out, [2]string{"group", "the county of residence that the child's enrollment on the day states, that of its address (Address.district) where no enrollment states one"})
	}
	if r.Below > 0 {
		out = append(out, [2]string{"suppressed", "fewer than " + strconv.FormatInt(r.Below, 10) + " children, or a number by which such a cell could be told from the totals"})
	}
	return out
}

// Bars is the chart of the groups' totals.
func (r *RollUp) Bars() template.HTML {
	var bars []bar
	for i, group := range r.Groups[:len(r.Groups)-1] {
		if cell := r.Cells[i][len(r.Columns)-1]; !cell.Hidden {
			bars = append(bars, bar{group, []int64{cell.Children}, thousands(cell.Children)})
		}
	}
	return chart("chart-groups", "Children by "+string(r.By), bars)
}
