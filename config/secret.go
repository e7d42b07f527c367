package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// Secret is a value that is never printed. It is written as env:NAME,
// file:/path, or literally (only the demo should).
type Secret struct {
	written string
	value   string
}

// masked stands for any secret in print, logs and problems.
const masked = "(secret)"

// UnmarshalText keeps the text as written; resolve finds the value.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret{written: string(text)}
	return nil
}

// Reveal is the secret itself.
func (s Secret) Reveal() string { return s.value }

// Set says whether anything was written.
func (s Secret) Set() bool { return s.written != "" }

// Literal says whether the value itself was written, not a reference to it.
func (s Secret) Literal() bool {
	return s.Set() && !strings.HasPrefix(s.written, "env:") && !strings.HasPrefix(s.written, "file:")
}

// String shows a reference, never a value.
func (s Secret) String() string {
	if s.Literal() {
		return masked
	}
	return s.written
}

// GoString keeps %#v from showing the value.
func (s Secret) GoString() string { return s.String() }

// MarshalText keeps JSON and YAML from showing the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps slog from showing the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// resolve reads the value behind a reference.
func (s *Secret) resolve(env map[string]string) error {
	scheme, rest, _ := strings.Cut(s.written, ":")
	switch {
	case s.Literal():
		s.value = s.written
	case scheme == "env":
		s.value = env[rest]
	case scheme == "file":
		body, err := os.ReadFile(rest)
		if err != nil {
			return fmt.Errorf("%w", err)
		}
		s.value = strings.TrimRight(string(body), "\r\n")
	}
	if s.Set() && s.value == "" {
		return fmt.Errorf("%s is empty", s.written)
	}
	return nil
}

// DSN is a URL that may hold a password: it prints without it.
type DSN struct{ Secret }

// secretQuery are URL parameters that hold secrets.
var secretQuery = regexp.MustCompile(`(?i)([?&][^=&]*(?:pass|secret|token|key|code|sig)[^=&]*=)[^&]*`)

// String shows the URL without user password and secret parameters.
func (d DSN) String() string {
	if !d.Literal() {
		return d.Secret.String()
	}
	u, err := url.Parse(d.written)
	if err != nil {
		return masked
	}
	return secretQuery.ReplaceAllString(u.Redacted(), "${1}xxxxx")
}

// GoString keeps %#v from showing the password.
func (d DSN) GoString() string { return d.String() }

// MarshalText keeps JSON and YAML from showing the password.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue keeps slog from showing the password.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// literalPassword says whether a password itself was written.
func (d DSN) literalPassword() bool {
	return d.Literal() && d.String() != d.written
}
