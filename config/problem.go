package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration.
type Problem struct {
	File         string // file path, "environment", "flags" or "defaults"
	Line, Column int    // 1-based; 0 = the origin has no lines
	Path         string // such as partners[2].npi[0]; empty = the whole file
	Found        string // as written, masked when secret
	Allowed      string
	Mend         string
	Warning      bool // the configuration works all the same
}

// String is file:line:column: path: what was found, what is allowed, how to mend it.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	parts := []string{where}
	if p.Warning {
		parts = append(parts, "warning")
	}
	if p.Path != "" {
		parts = append(parts, p.Path)
	}
	text := "found " + p.Found
	if p.Allowed != "" {
		text += "; allowed: " + p.Allowed
	}
	if p.Mend != "" {
		text += "; " + p.Mend
	}
	return strings.Join(append(parts, text), ": ")
}

// Problems is everything found wrong, in the order of files and lines.
type Problems []Problem

// Err is nil when there are only warnings.
func (ps Problems) Err() error {
	errs := slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// Error lists one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted orders by place and drops repeats.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	return slices.Compact(ps)
}

// Origin is where a value came from.
type Origin struct {
	File         string // "default" when nobody wrote it
	Line, Column int
	Name         string // of the variable or flag
}

// String is "file:line", "env NAME", "flag --name" or "default".
func (o Origin) String() string {
	switch {
	case o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.Name != "":
		return o.Name
	case o.File == "":
		return "default"
	}
	return o.File
}
