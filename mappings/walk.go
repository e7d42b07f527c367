package mappings

import (
	"embed"
	"path"
)

//go:embed testdata/walk
var walk embed.FS

// Walk is the files of the first ten minutes, by name: a care plan, the same with
// four mistakes, and a table of services with three bad rows.
func Walk() map[string][]byte {
	out := map[string][]byte{}
	entries, err := walk.ReadDir("testdata/walk")
	if err != nil {
		return out // it is part of the program
	}
	for _, e := range entries {
		if body, err := walk.ReadFile(path.Join("testdata/walk", e.Name())); err == nil {
			out[e.Name()] = body
		}
	}
	return out
}
