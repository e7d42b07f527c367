package console

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Reports are made by the same code as those of the command line. Where they take
// a caller they narrow in SQL; nil is whoever runs the gateway.
type Reports interface {
	// Runs are the published runs of the night, the latest first.
	Runs(ctx context.Context, limit int) ([]ReportRun, error)
	// NightFiles are the names of a night's files, NightFile is one of a run.
	NightFiles() []string
	NightFile(ctx context.Context, run, name string) (*Paper, error)
	// RollUp leaves small cells out: it is to be shared.
	RollUp(ctx context.Context, by gateway.RollUpBy, day ledger.Day) (*Paper, error)
	// Utilization is of a run, or of the newest; lessBP 0 = the usual threshold.
	Utilization(ctx context.Context, c *gateway.Caller, run string, lessBP int64) (*Paper, error)
	Compliance(ctx context.Context, c *gateway.Caller, from, to ledger.Day) (*Paper, error)
	// Taken keeps in the audit trail who took a report.
	Taken(ctx context.Context, name, who string) error
}

// ReportRun is a published run of the night.
type ReportRun struct {
	ID                                 string
	AsOf                               ledger.Day
	Children, Lines, Matched, Findings int64
	Finished                           time.Time
	Current                            bool // the one that readers of its date see
	Changed                            bool // only children who had changed were judged anew
	Balanced                           bool // rows in = rows out
}

// Paper is a report that is ready to be written.
type Paper struct {
	Name  string // of its file, without an ending unless it has only one form
	Write func(w io.Writer, format string) error
}

// paperTypes are the forms of reports.
var paperTypes = map[string]string{
	"html": "text/html; charset=utf-8",
	"csv":  "text/csv; charset=utf-8",
	"json": "application/json",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// reportsPage is which reports there are.
type reportsPage struct {
	Overseer bool
	Runs     []ReportRun
	Files    []string // of a night
	Today    ledger.Day
	From     ledger.Day // of the compliance summary
	Formats  []string
	By       []gateway.RollUpBy
}

// shownRuns is how many runs the page lists.
const shownRuns = 30

func (c *Console) reports(v *visit) (*answer, error) {
	page := reportsPage{Overseer: overseers().Allows(v.partner.Kind), Files: c.Reports.NightFiles(), Today: c.today(), From: c.today() - 29,
		Formats: []string{"html", "xlsx", "csv", "json"}, By: []gateway.RollUpBy{gateway.ByProgram, gateway.ByClinic, gateway.ByMCO, gateway.ByCounty}}
	var err error
	page.Runs, err = c.Reports.Runs(v.ctx, shownRuns)
	return &answer{View: "reports", Title: "Reports", Data: page}, err
}

// rollUp counts children by program, clinic, payer or county.
func (c *Console) rollUp(v *visit) (*answer, error) {
	by := gateway.RollUpBy(cmp.Or(query(v.r, "by"), string(gateway.ByProgram)))
	if !slices.Contains([]gateway.RollUpBy{gateway.ByProgram, gateway.ByClinic, gateway.ByMCO, gateway.ByCounty}, by) {
		return nil, askedWrong("by", "program, clinic, mco or county")
	}
	day, err := c.dayAsked(v, "as_of", c.today())
	if err != nil {
		return nil, err
	}
	paper, err := c.Reports.RollUp(v.ctx, by, day)
	return c.paper(v, paper, err)
}

// utilization is how the authorizations of a night burn.
func (c *Console) utilization(v *visit) (*answer, error) {
	var less int64
	if text := query(v.r, "less"); text != "" {
		percent, err := strconv.ParseInt(text, 10, 64)
		if err != nil || percent < 1 || percent > 100 {
			return nil, askedWrong("less", "a whole percentage, 1 to 100")
		}
		less = percent * 100
	}
	paper, err := c.Reports.Utilization(v.ctx, v.finder(), query(v.r, "run"), less)
	return c.paper(v, paper, err)
}

// compliance is how the programs stand.
func (c *Console) compliance(v *visit) (*answer, error) {
	to, err := c.dayAsked(v, "as_of", c.today())
	if err != nil {
		return nil, err
	}
	from, err := c.dayAsked(v, "from", to-29)
	if err != nil {
		return nil, err
	}
	if from > to {
		return nil, askedWrong("from", "a day not after the last one")
	}
	paper, err := c.Reports.Compliance(v.ctx, v.finder(), from, to)
	return c.paper(v, paper, err)
}

// nightFile is one file of a run.
func (c *Console) nightFile(v *visit) (*answer, error) {
	paper, err := c.Reports.NightFile(v.ctx, v.r.PathValue("id"), v.r.PathValue("file"))
	if err != nil {
		return nil, err
	}
	return c.given(v, paper, strings.TrimPrefix(path.Ext(paper.Name), "."), paper.Name)
}

// paper gives a report in the form asked for.
func (c *Console) paper(v *visit, p *Paper, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	format := cmp.Or(query(v.r, "format"), "html")
	if paperTypes[format] == "" {
		return nil, askedWrong("format", "html, xlsx, csv or json")
	}
	return c.given(v, p, format, p.Name+"."+format)
}

// given opens a page in the browser and lets it keep everything else. That it was
// taken is in the audit trail before anything is shown.
func (c *Console) given(v *visit, p *Paper, format, name string) (*answer, error) {
	if err := c.Reports.Taken(v.ctx, name, v.session.Who); err != nil {
		return nil, err
	}
	if format != "html" || query(v.r, "keep") != "" {
		return &answer{File: &File{Name: name, Type: paperTypes[format], Write: func(w io.Writer) error { return p.Write(w, format) }}}, nil
	}
	var b bytes.Buffer
	err := p.Write(&b, format)
	return &answer{Raw: b.Bytes()}, err
}

func (c *Console) dayAsked(v *visit, name string, otherwise ledger.Day) (ledger.Day, error) {
	text := query(v.r, name)
	if text == "" {
		return otherwise, nil
	}
	day, err := ledger.ParseDay(text)
	if err != nil {
		return 0, askedWrong(name, "a calendar date, such as 2026-11-30")
	}
	return day, nil
}

func askedWrong(name, allowed string) error {
	return gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: name, Found: "a value that is not known", Allowed: allowed})
}
