package fhir

import (
	"html"
	"strings"
)

// What a narrative may use: the text formatting of HTML 4.0 chapters 7 to 11
// and 15, links and images (http://hl7.org/fhir/R4/narrative.html#security).
var (
	allowedTags = words(`a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd del dfn
		div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strike strong sub sup
		table tbody td tfoot th thead tr tt u ul var`)
	allowedAttributes = words(`abbr align alt axis bgcolor border cellpadding cellspacing char charoff cite class
		color colspan datetime dir frame headers height href hspace id lang name nowrap rel rev rowspan rules
		scope span src start style summary tabindex target title type valign value vspace width xml:lang
		xml:space xmlns`)
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// safeValue refuses values that run script or load anything but an image.
func safeValue(name, value string) bool {
	plain := strings.ToLower(strings.Map(dropSpace, html.UnescapeString(value)))
	switch name {
	case "href", "cite":
		return safeScheme(plain, "http", "https", "mailto", "tel", "urn", "ftp")
	case "src":
		return safeScheme(plain, "http", "https", "urn", "cid") || strings.HasPrefix(plain, "data:image/") && !strings.HasPrefix(plain, "data:image/svg")
	case "style":
		for _, bad := range []string{"url(", "expression(", "javascript:", "@import", "behavior:", "-moz-binding", "\\"} {
			if strings.Contains(plain, bad) {
				return false
			}
		}
	}
	return true
}

// safeScheme accepts relative links and those of the schemes given.
func safeScheme(url string, schemes ...string) bool {
	colon := strings.IndexByte(url, ':')
	if colon < 0 || strings.ContainsAny(url[:colon], "/?#") {
		return true
	}
	for _, s := range schemes {
		if url[:colon] == s {
			return true
		}
	}
	return false
}

// dropSpace removes what browsers ignore inside "java script:".
func dropSpace(r rune) rune {
	if r <= ' ' || r == 0x7f || r == 0xad || r >= 0x200b && r <= 0x200f || r == 0xfeff {
		return -1
	}
	return r
}
