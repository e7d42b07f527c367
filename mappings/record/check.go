package record

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// checks collects the breaches of rules between fields.
type checks struct{ issues fhir.Issues }

func (c *checks) bad(path, found, allowed, fix string) {
	c.issues = append(c.issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeInvariant, Path: path, Found: found, Allowed: allowed, Fix: fix})
}

// period refuses an end before the start; both are dates of the plan, not of
// the person, and may be shown.
func (c *checks) period(path string, start, end Date) {
	if start != "" && end != "" && end < start {
		c.bad(path, strconv.Quote(string(end)), "a date not before the start, "+string(start), "correct the start or the end")
	}
}

// unique refuses an id that an earlier entry of the list has.
func (c *checks) unique(list string, ids []string) map[string]bool {
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if seen[id] {
			c.bad(at(list, i)+".id", "an id that an earlier entry has", "each id once in "+list, "give the entry its own id")
		}
		seen[id] = true
	}
	return seen
}

// known refuses names of entries that the record does not have.
func (c *checks) known(path string, names IDs, entries map[string]bool, list string) {
	for _, name := range names {
		if !entries[name] {
			c.bad(path, "an id that is not in "+list, "ids of "+list, "name an entry of "+list+", or add it there")
		}
	}
}

// url refuses what no URL is: FHIR's url has no blanks.
func (c *checks) url(path, url string) {
	if strings.ContainsFunc(url, func(r rune) bool { return r <= ' ' || r == '"' }) {
		c.bad(path, "text of "+strconv.Itoa(len(url))+" bytes with blanks or quotes", "a URL", "write blanks as %20")
	}
}

// npi checks the form and the check digit of a national provider identifier:
// Luhn over 80840 and its ten digits (standards.md 2).
func (c *checks) npi(path, npi string) {
	if npi == "" || luhn("80840"+npi) && len(npi) == 10 {
		return
	}
	c.bad(path, strconv.Quote(npi), "an NPI: ten digits with a right check digit", "correct the NPI, or use own_id")
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = id(e)
	}
	return out
}
