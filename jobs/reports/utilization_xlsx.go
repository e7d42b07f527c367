package reports

import "io"

// useWords say what the ways of use mean.
var useWords = map[string]string{
	useLess:   "under-use: its forecast is below the threshold",
	useSteady: "on course",
	useEarly:  "over-use: it runs out before it ends",
}

func (v *Utilization) xlsx(w io.Writer) error {
	book, err := NewWorkbook("Utilization review as of "+v.AsOf, v.asOf.Time())
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it only removes its temporary files
	for _, sheet := range []func(*Workbook) error{v.sumSheet, v.rowSheet, v.dictionarySheet} {
		if err := sheet(book); err != nil {
			return err
		}
	}
	return book.Write(w)
}

func (v *Utilization) sumSheet(book *Workbook) error {
	columns := []Column{{"program", 34}, {"authorizations", 16}, {"approved", 12}, {"used", 12}, {"forecast_at_end", 17}, {"used_percent", 14}, {"under_use", 12}, {"over_use", 12}}
	return book.Sheet("Programs", columns, func(row func(...any) error) error {
		for _, p := range v.Programs() {
			used := 0.0
			if p.Units > 0 {
				used = float64(p.Used*10000/p.Units) / 100
			}
			if err := row(p.Name, p.All, p.Units, p.Used, p.Forecast, used, p.Less, p.More); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Utilization) rowSheet(book *Workbook) error {
	columns := []Column{{"authorization_id", 24}, {"sent_by", 14}, {"payer", 14}, {"program", 34}, {"start", 12}, {"end", 12}, {"approved", 11}, {"used", 11}, {"left", 11},
		{"burn_percent", 14}, {"forecast_at_end", 17}, {"use", 10}, {"runs_out", 12}}
	return book.Sheet("Authorizations", columns, func(row func(...any) error) error {
		for i := range v.Rows {
			r := &v.Rows[i]
			if err := row(r.ID, r.Partner, r.Payer, r.Program, r.Start, r.End, r.Units, r.Used, r.Left, float64(r.BurnBP)/100, r.Forecast, r.Use, r.Out); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Utilization) dictionarySheet(book *Workbook) error {
	return book.Sheet("Dictionary", []Column{{"column", 30}, {"meaning", 100}}, func(row func(...any) error) error {
		for _, d := range [][2]any{
			{"run", v.Run}, {"as of", v.AsOf},
			{"which authorizations", "approved, begun, not ended, with units and an end"},
			{"approved, used, left", "units of the decision in force, given to lines, and left"},
			{"burn_percent", "use against a steady pace; 100 is on course to use exactly all units"},
			{"forecast_at_end", "units used by the end if the pace so far stays"},
			{"runs_out", "the day on which they run out at this pace; empty = not before the end"},
			{"use: " + useLess, useWords[useLess] + " (" + percent(v.LessBP) + " of the units)"}, {"use: " + useSteady, useWords[useSteady]}, {"use: " + useEarly, useWords[useEarly]},
		} {
			if err := row(d[0], d[1]); err != nil {
				return err
			}
		}
		return nil
	})
}
