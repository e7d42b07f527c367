package reconcile

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

// maxWorkbookLines is how many lines go into a workbook: more than a spreadsheet
// can hold with ease stays in lines.csv.
const maxWorkbookLines = 2_000_000

// workbook is the export as one Excel file: the same rows as the CSV files, with
// typed cells, and a dictionary of the columns.
func (x *export) workbook() error {
	if !x.excel {
		return nil
	}
	w, err := reports.NewWorkbook("Reconciliation as of "+x.run.AsOf.String(), x.run.AsOf.Time())
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // it only removes its temporary files
	for _, sheet := range []func(*reports.Workbook) error{x.summarySheet, x.linesSheet, x.splitsSheet, x.authorizationsSheet, x.findingsSheet, dictionarySheet} {
		if err := sheet(w); err != nil {
			return err
		}
	}
	return x.write("night.xlsx", func(to *tableWriter) error { return w.Write(to) })
}

func (x *export) summarySheet(w *reports.Workbook) error {
	s := x.run.Summary
	return w.Sheet("Summary", []reports.Column{{Name: "what", Width: 34}, {Name: "value", Width: 22}}, func(row func(...any) error) error {
		facts := [][2]any{{"run", s.Run}, {"as of", s.AsOf}, {"known by commit", s.Known}, {"rules", s.Rules}, {"time zone", s.Zone}, {"children", s.Children},
			{"service rows stored", s.RowsStored}, {"service rows read", s.RowsIn}, {"lines with a verdict", s.RowsOut}, {"older versions", s.Superseded}, {"rows balance", s.Balanced()},
			{"authorizations", s.Auths.All}, {"approved authorizations", s.Auths.Approved}, {"approved units", s.Auths.Units}, {"used units", s.Auths.Used},
			{"under-used authorizations", s.Auths.UnderUsed}, {"expiring authorizations", s.Auths.Expiring}}
		if s.RowsOut > maxWorkbookLines {
			facts = append(facts, [2]any{"lines", "too many for a workbook; they are in lines.csv"})
		}
		for _, v := range slices.Sorted(maps.Keys(s.Verdicts)) {
			facts = append(facts, [2]any{"lines " + string(v), s.Verdicts[v].Lines})
		}
		for _, k := range slices.Sorted(maps.Keys(s.Findings)) {
			facts = append(facts, [2]any{"findings " + string(k), s.Findings[k]})
		}
		for _, f := range facts {
			if err := row(f[0], f[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *export) linesSheet(w *reports.Workbook) error {
	if x.run.Summary.RowsOut > maxWorkbookLines {
		return nil
	}
	columns := []reports.Column{{Name: "line_id", Width: 20}, {Name: "verdict", Width: 18}, {Name: "units", Width: 9}, {Name: "matched_units", Width: 9},
		{Name: "authorizations_used", Width: 9}, {Name: "first_authorization", Width: 20}, {Name: "flags", Width: 24}, {Name: "reason", Width: 70}}
	return w.Sheet("Lines", columns, func(row func(...any) error) error {
		return x.Results.EachVerdict(x.ctx, x.run, func(v *ledger.VerdictRow) error {
			return row(v.ID, string(v.Verdict), number(v.Units), v.Matched, int64(v.Auths), v.First.ID, v.Flags, v.Reason)
		})
	})
}

// number is a quantity as a spreadsheet has it: at most six digits after the
// point are exact in what it shows.
func number(d ledger.Decimal) any { return float64(d.Coef) / math.Pow10(int(d.Scale)) }

func (x *export) splitsSheet(w *reports.Workbook) error {
	return w.Sheet("Splits", []reports.Column{{Name: "line_id", Width: 20}, {Name: "authorization_id", Width: 20}, {Name: "units", Width: 9}}, func(row func(...any) error) error {
		return x.Results.EachSplit(x.ctx, x.run, func(s *ledger.SplitRow) error { return row(s.ID, s.Auth.ID, s.Units) })
	})
}

func (x *export) authorizationsSheet(w *reports.Workbook) error {
	asOf, rules := x.run.AsOf, x.rules()
	columns := []reports.Column{{Name: "authorization_id", Width: 22}, {Name: "status", Width: 11}, {Name: "program", Width: 22}, {Name: "payer", Width: 12}, {Name: "start", Width: 11},
		{Name: "end", Width: 11}, {Name: "approved", Width: 10}, {Name: "used", Width: 10}, {Name: "remaining", Width: 10}, {Name: "burn_percent", Width: 9}, {Name: "forecast_at_end", Width: 10},
		{Name: "under_used", Width: 10}, {Name: "days_since_last", Width: 10}, {Name: "expiring", Width: 10}}
	return w.Sheet("Authorizations", columns, func(row func(...any) error) error {
		return x.Results.EachUse(x.ctx, x.run, func(u *ledger.Use) error {
			a := u.Auth
			end := a.End.String()
			if a.End == ledger.Forever {
				end = ""
			}
			return row(a.ID, string(a.Status), a.Program, a.Payer, a.Start.String(), end, u.Approved(), u.Used, u.Remaining(), float64(u.BurnBP(asOf))/100, u.Forecast(asOf),
				u.UnderUsed(asOf, rules), u.DaysSince(asOf), u.Expiring(asOf, rules))
		})
	})
}

func (x *export) findingsSheet(w *reports.Workbook) error {
	columns := []reports.Column{{Name: "finding", Width: 26}, {Name: "record_id", Width: 22}, {Name: "item_id", Width: 14}, {Name: "code", Width: 9}, {Name: "provider_id", Width: 14},
		{Name: "program", Width: 22}, {Name: "payer", Width: 12}, {Name: "days", Width: 8}, {Name: "reason", Width: 80}}
	return w.Sheet("Findings", columns, func(row func(...any) error) error {
		return x.Results.EachFinding(x.ctx, x.run, func(f *ledger.FindingRow) error {
			return row(string(f.Kind), f.Ref, f.Item, f.Code, f.Provider, f.Program, f.Payer, f.Days, f.Reason)
		})
	})
}

// dictionary says what the columns mean, sheet by sheet.
var dictionary = [][3]string{
	{"Lines", "line_id", "the line as its sender names it"},
	{"Lines", "units, matched_units", "the quantity as sent; what authorizations gave, in their unit"},
	{"Lines", "authorizations_used, first_authorization", "how many gave, and which gave first; Splits has the parts"},
	{"Lines", "flags", "said beside the verdict, separated by blanks"},
	{"Lines", "reason", "the verdict in one sentence; empty where all units were paid"},
	{"Authorizations", "approved, used, remaining", "units of the decision in force, given to lines, and left"},
	{"Authorizations", "burn_percent", "use against a steady pace; 100 is on course to use exactly all units"},
	{"Authorizations", "forecast_at_end", "units used by the end if the pace stays; -1 where there is no pace yet"},
	{"Authorizations", "under_used, expiring", "by the thresholds of the program"},
	{"Authorizations", "days_since_last", "days from the last service it paid; -1 none yet"},
	{"Findings", "record_id, item_id", "the plan, team or authorization, and the planned service in it"},
	{"Findings", "days", "how long it has been so; 0 where days say nothing"},
}

func dictionarySheet(w *reports.Workbook) error {
	return w.Sheet("Dictionary", []reports.Column{{Name: "sheet", Width: 16}, {Name: "column", Width: 42}, {Name: "meaning", Width: 90}}, func(row func(...any) error) error {
		for _, d := range dictionary {
			if err := row(d[0], d[1], d[2]); err != nil {
				return err
			}
		}
		for _, v := range slices.SortedFunc(maps.Keys(rules), cmp.Compare) {
			if err := row("Lines", "verdict "+string(v), rules[v]); err != nil {
				return err
			}
		}
		for _, k := range ledger.FindingKinds {
			if err := row("Findings", "finding "+string(k.Kind), k.Words); err != nil {
				return err
			}
		}
		return nil
	})
}
