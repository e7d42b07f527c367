package csv

import "strings"

// signs begin a formula in spreadsheets when they begin a cell.
const signs = "=+@"

// unescape takes the apostrophe off a text that was written with one; formula
// says that the cell would be run.
func unescape(cell string) (text string, formula bool) {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(signs+"-'", rune(cell[1])) {
		return cell[1:], false
	}
	return cell, cell != "" && strings.ContainsRune(signs, rune(cell[0]))
}

// escape makes a text safe to open in a spreadsheet, and safe to read back.
func escape(text string) string {
	if text != "" && strings.ContainsRune(signs+"-'", rune(text[0])) {
		return "'" + text
	}
	return text
}

// quote writes a cell as RFC 4180 wants it.
func quote(cell string) string {
	if strings.ContainsAny(cell, ",\"\r\n") || strings.TrimSpace(cell) != cell {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}
