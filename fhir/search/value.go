package search

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// value reads one alternative, still escaped.
func (p *parser) value(c *criterion, sent string) (Value, bool) {
	switch {
	case c.modifier == Missing:
		return p.missing(c, sent)
	case c.param.Column() == "id":
		return p.id(c, sent)
	case c.modifier == Text, c.param.Type == String:
		return p.text(c, sent)
	case c.modifier == Identifier, c.param.Type == Token:
		return p.token(c, sent)
	}
	switch c.param.Type {
	case URI:
		return p.uri(c, sent)
	case Date:
		return p.date(c, sent)
	case Reference:
		return p.reference(c, sent)
	case Quantity:
		return p.quantity(c, sent)
	}
	return p.number(c, sent)
}

func (p *parser) missing(c *criterion, sent string) (Value, bool) {
	if sent != "true" && sent != "false" {
		p.bad(c, sent, "true or false", "use :missing=true or :missing=false")
		return Value{}, false
	}
	return Value{Sent: sent, Missing: sent == "true"}, true
}

func (p *parser) id(c *criterion, sent string) (Value, bool) {
	id := strings.TrimPrefix(unescape(sent), c.on+"/")
	if !isID(id) {
		p.bad(c, sent, "ids of 1 to 64 letters, digits, - and .", "use the id of the resource")
		return Value{}, false
	}
	return Value{Sent: id, Code: id}, true
}

// isID checks the form of a FHIR id (http://hl7.org/fhir/R4/datatypes.html#id).
func isID(s string) bool {
	return len(s) > 0 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !isNameRune(r) || r == '_' || r == ':'
	})
}

func (p *parser) text(c *criterion, sent string) (Value, bool) {
	text := unescape(sent)
	folded := Fold(text)
	if folded == "" {
		p.bad(c, sent, "a text", "give the beginning of the text")
		return Value{}, false
	}
	v := Value{Sent: Escape(text), Text: cut(folded, maxKey)}
	if c.modifier == Exact {
		v.Text = cut(text, maxKey)
	}
	return v, true
}

// token reads code, system|code, |code or system|.
func (p *parser) token(c *criterion, sent string) (Value, bool) {
	parts := split(sent, '|')
	last := unescape(parts[len(parts)-1])
	if c.param.contact {
		last = foldContact(last)
	}
	if len(parts) > 2 || last == "" && (len(parts) == 1 || parts[0] == "") {
		p.bad(c, sent, "code, system|code, |code or system|", `write it as system|code, and a bar inside a value as \|`)
		return Value{}, false
	}
	v := Value{Sent: Escape(last), AnySystem: len(parts) == 1, AnyCode: last == "", Code: key(last)}
	if !v.AnySystem {
		system := unescape(parts[0])
		v.Sent, v.System = Escape(system)+"|"+v.Sent, key(system)
		if c.param.System != "" && system == c.param.System && c.modifier != Identifier {
			v.System = "" // a plain code implies its system, and is kept without
		}
	}
	return v, true
}

func (p *parser) uri(c *criterion, sent string) (Value, bool) {
	text := unescape(sent)
	if strings.TrimSpace(text) == "" {
		p.bad(c, sent, "a URI", "give the whole URI")
		return Value{}, false
	}
	if c.modifier == Below {
		return Value{Sent: Escape(text), Code: cut(text, maxHead)}, true
	}
	return Value{Sent: Escape(text), Code: key(text)}, true
}

// reference reads Type/id, id, an absolute URL or a canonical.
func (p *parser) reference(c *criterion, sent string) (Value, bool) {
	text := unescape(sent)
	if base := strings.TrimSuffix(p.opt.Base, "/"); base != "" {
		text = strings.TrimPrefix(text, base+"/")
	}
	typ, id, _, absolute := fhir.ParseRef(text)
	switch {
	case absolute:
		return Value{Sent: Escape(text), URL: key(text)}, true
	case typ != "":
	case isID(text):
		typ, id = c.target, text
		if typ == "" && len(c.param.Targets) == 1 {
			typ = c.param.Targets[0]
		}
	default:
		p.bad(c, sent, "Type/id, id or an absolute URL", "write it as "+orAny(*c)+"/id")
		return Value{}, false
	}
	if typ != "" && (c.target != "" && typ != c.target || !c.param.targets(typ)) {
		allowed := c.param.Targets
		if c.target != "" {
			allowed = []string{c.target}
		}
		p.bad(c, sent, "a reference to "+strings.Join(allowed, ", "), "refer to a resource of such a type")
		return Value{}, false
	}
	v := Value{Sent: id, Type: typ, ID: id}
	if typ != "" {
		v.Sent = typ + "/" + id
	}
	return v, true
}

// prefix cuts a comparison off a date or number.
func (p *parser) prefix(c *criterion, sent string) (Prefix, string, bool) {
	if len(sent) < 2 || !isLetter(sent[0]) {
		return Equal, sent, true
	}
	if found := Prefix(sent[:2]); slices.Contains(Prefixes(), found) {
		return found, sent[2:], true
	}
	p.bad(c, sent, "the prefixes eq, ne, gt, ge, lt, le, sa, eb, ap", "use one of these prefixes, or none")
	return "", "", false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// withPrefix is the canonical form: eq is not written.
func withPrefix(prefix Prefix, rest string) string {
	if prefix == Equal {
		return rest
	}
	return string(prefix) + rest
}
