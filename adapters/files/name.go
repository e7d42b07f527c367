package files

import (
	"strings"
	"unicode"
)

// maxName bounds a name of a partner in names of ours.
const maxName = 100

// clean is a partner's file name as part of a name of ours: letters, digits,
// dot, hyphen, underscore; anything else becomes an underscore, a leading dot too.
func clean(name string) string {
	out := strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	if len(out) > maxName {
		out = out[:maxName]
	}
	if out == "" || out[0] == '.' {
		out = "_" + out
	}
	return out
}

// shown is a partner's file name as people read it: valid UTF-8 without control
// characters.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return name
}
