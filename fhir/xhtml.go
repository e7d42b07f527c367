package fhir

import "strings"

// xhtml checks a narrative (txt-1, txt-2): well-formed XHTML in one div, of
// elements and attributes that only format text. What could run, load or send
// something is refused, as nothing cleans it later.
func (v *validator) xhtml(m *Node) {
	if m.kind != KindString {
		v.report(CodeStructure, m.kind.String(), "a string of XHTML: <div xmlns=\"http://www.w3.org/1999/xhtml\">...</div>", fixKind(m.kind, KindString))
		return
	}
	p := markup{rest: m.Text()}
	if found, fix := p.check(); found != "" {
		code := CodeStructure
		if p.unsafe {
			code = CodeSecurity
		}
		v.report(code, found, "XHTML that starts with <div and only formats text (txt-1)", fix)
	}
}

// markup reads XHTML tag by tag.
type markup struct {
	rest    string
	open    []string
	content bool // something to read: text or an image
	unsafe  bool // what is wrong is dangerous, not only untidy
}

// check says what is wrong first, and how to mend it; "" when nothing is.
func (p *markup) check() (found, fix string) {
	p.rest = strings.TrimSpace(p.rest)
	if !strings.HasPrefix(p.rest, "<div") {
		return "text that does not start with <div", "wrap it in <div xmlns=\"http://www.w3.org/1999/xhtml\">...</div>"
	}
	for p.rest != "" {
		if found, fix = p.text(); found != "" {
			return found, fix
		}
		if p.rest == "" {
			break
		}
		if found, fix = p.tag(); found != "" {
			return found, fix
		}
		if len(p.open) == 0 && strings.TrimSpace(p.rest) != "" {
			return "text after the closing </div>", "put everything into one div"
		}
	}
	if len(p.open) > 0 {
		return "an element " + p.open[len(p.open)-1] + " that is not closed", "close it"
	}
	if !p.content {
		return "a narrative without text", "write the text, or leave the narrative out"
	}
	return "", ""
}

// text reads up to the next tag.
func (p *markup) text() (found, fix string) {
	end := strings.IndexByte(p.rest, '<')
	if end < 0 {
		end = len(p.rest)
	}
	text := p.rest[:end]
	p.rest = p.rest[end:]
	p.content = p.content || strings.TrimSpace(text) != ""
	return entities(text)
}

// entities checks that every & starts an entity.
func entities(s string) (found, fix string) {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return "", ""
		}
		s = s[i+1:]
		end := strings.IndexByte(s, ';')
		if end < 1 || end > 10 || !isAlnumOr(s[:end], "#") {
			return "an & that starts no entity", "write it as &amp;"
		}
	}
}

func isAlnumOr(s, more string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte(more, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// tag reads one tag or comment.
func (p *markup) tag() (found, fix string) {
	if strings.HasPrefix(p.rest, "<!--") {
		end := strings.Index(p.rest[4:], "-->")
		if end < 0 {
			return "a comment that is not closed", "close it, or leave it out"
		}
		p.rest = p.rest[4+end+3:]
		return "", ""
	}
	if strings.HasPrefix(p.rest, "</") {
		return p.closing()
	}
	name := p.rest[1 : 1+nameLength(p.rest[1:])]
	p.rest = p.rest[1+len(name):]
	if !allowedTags[name] {
		p.unsafe = true
		return "the markup <" + tagName(name) + ">", "leave it out: a narrative only formats text"
	}
	p.content = p.content || name == "img"
	return p.attributes(name)
}

func (p *markup) closing() (found, fix string) {
	name := p.rest[2 : 2+nameLength(p.rest[2:])]
	p.rest = strings.TrimLeft(p.rest[2+len(name):], " \t\r\n")
	if len(p.open) == 0 || p.open[len(p.open)-1] != name || !strings.HasPrefix(p.rest, ">") {
		return "a closing tag </" + tagName(name) + "> that closes nothing", "close elements in the order they were opened"
	}
	p.rest = p.rest[1:]
	p.open = p.open[:len(p.open)-1]
	return "", ""
}

// tagName shows the name of a tag when it can be one.
func tagName(s string) string {
	if isWord(s) {
		return s
	}
	return "..."
}

func nameLength(s string) int {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || s[n] == '-' || s[n] == ':' || s[n] == '_') {
		n++
	}
	return n
}

// attributes reads the rest of an opening tag.
func (p *markup) attributes(tag string) (found, fix string) {
	for {
		trimmed := strings.TrimLeft(p.rest, " \t\r\n")
		if after, ok := strings.CutPrefix(trimmed, "/>"); ok {
			p.rest = after
			return "", ""
		}
		if after, ok := strings.CutPrefix(trimmed, ">"); ok {
			p.rest = after
			p.open = append(p.open, tag)
			return "", ""
		}
		if len(trimmed) == len(p.rest) {
			return "a tag <" + tag + "> that is not closed", "close it with >"
		}
		p.rest = trimmed
		if found, fix = p.attribute(); found != "" {
			return found, fix
		}
	}
}

func (p *markup) attribute() (found, fix string) {
	name := p.rest[:nameLength(p.rest)]
	p.rest = strings.TrimLeft(p.rest[len(name):], " \t\r\n")
	if !allowedAttributes[name] {
		p.unsafe = true
		return "the attribute " + wordOr(name, "with a name"), "leave it out: a narrative only formats text"
	}
	rest, ok := strings.CutPrefix(p.rest, "=")
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !ok || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "the attribute " + name + " without a quoted value", "write " + name + "=\"...\""
	}
	end := strings.IndexByte(rest[1:], rest[0])
	if end < 0 || strings.IndexByte(rest[1:1+end], '<') >= 0 {
		return "the attribute " + name + " with an open quote", "close the quote"
	}
	value := rest[1 : 1+end]
	p.rest = rest[end+2:]
	if !safeValue(name, value) {
		p.unsafe = true
		return "the attribute " + name + " with a value that can run or load something", "use a plain link, or leave it out"
	}
	return entities(value)
}
