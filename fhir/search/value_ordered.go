package search

import "strings"

// date reads [prefix]YYYY[-MM[-DD[Thh:mm[:ss[.sss]][zone]]]]. A plus that the
// caller forgot to encode arrives as a space, and is read as the plus it was.
func (p *parser) date(c *criterion, sent string) (Value, bool) {
	prefix, text, ok := p.prefix(c, sent)
	if !ok {
		return Value{}, false
	}
	text = strings.Replace(text, " ", "+", 1)
	lo, hi, ok := parseMoment(text)
	if !ok {
		p.bad(c, sent, "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz",
			"write the date as 2024-05-31, with a prefix such as ge if you need one")
		return Value{}, false
	}
	if prefix == Approximate {
		lo, hi = aroundDate(lo, hi)
	}
	return Value{Sent: withPrefix(prefix, text), Prefix: prefix, Lo: lo, Hi: hi}, true
}

// aroundDate widens a range by its own length on both sides, at least by a day.
// R4 recommends a tenth of the time from now, but what a query means must not
// depend on when it is asked.
func aroundDate(lo, hi int64) (int64, int64) {
	margin := max(hi-lo+1, day)
	return lo - margin, hi + margin
}

func (p *parser) number(c *criterion, sent string) (Value, bool) {
	prefix, text, ok := p.prefix(c, sent)
	if !ok {
		return Value{}, false
	}
	return p.amount(c, sent, prefix, text)
}

// quantity reads [prefix]number, number|system|code or number||code
// (http://hl7.org/fhir/R4/search.html#quantity).
func (p *parser) quantity(c *criterion, sent string) (Value, bool) {
	prefix, rest, ok := p.prefix(c, sent)
	if !ok {
		return Value{}, false
	}
	parts := split(rest, '|')
	if len(parts) != 1 && len(parts) != 3 {
		p.bad(c, sent, "number, number|system|code or number||code", "write both bars, as in 5.4||mg")
		return Value{}, false
	}
	v, ok := p.amount(c, sent, prefix, parts[0])
	if !ok {
		return Value{}, false
	}
	v.AnySystem, v.AnyCode = true, true
	if len(parts) == 3 {
		system, code := unescape(parts[1]), unescape(parts[2])
		v.AnySystem, v.System = system == "", key(system)
		v.AnyCode, v.Code = code == "", key(code)
		v.Sent += "|" + Escape(system) + "|" + Escape(code)
	}
	return v, true
}

// amount reads a number. Without prefix, and with ne, it stands for the range
// that rounds to it; with the other prefixes it is exact.
func (p *parser) amount(c *criterion, sent string, prefix Prefix, text string) (Value, bool) {
	d, ok := parseDecimal(text)
	if !ok {
		p.bad(c, sent, "a decimal number", "write the number as 5.40, with a prefix such as ge if you need one")
		return Value{}, false
	}
	v := Value{Sent: withPrefix(prefix, text), Prefix: prefix}
	switch prefix {
	case Equal, NotEqual:
		v.Lo, v.Hi = d.span()
	case Approximate:
		v.Lo, v.Hi = aroundNumber(d)
	default:
		v.Lo, v.Hi = d.scaled()
	}
	return v, true
}

// aroundNumber is a tenth to both sides, as R4 recommends.
func aroundNumber(d decimal) (lo, hi int64) {
	lo, hi = d.scaled()
	if hi == MaxTime || lo == MinTime {
		return lo, hi
	}
	margin := max(hi, -lo) / 10
	return lo - margin, hi + margin
}
