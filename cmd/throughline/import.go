package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/store"
)

// importKinds are the tables of the bulk door; x12 is a file of claims (837P) or
// enrollment (834).
var importKinds = []string{"enrollment", "authorization", "service", "x12"}

// shownRows bounds how many bad rows are kept in memory for --json.
const shownRows = 1000

// importJSON is what became of a file.
type importJSON struct {
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Partner string `json:"partner"`
	Checked bool   `json:"checked"` // only read, nothing stored
	store.Imported
	Issues  []load.Issue `json:"issues"`  // of bad rows, the first 1000
	Omitted int64        `json:"omitted"` // further issues
}

func (c *cli) importVerb() *cobra.Command {
	var partner string
	var check, apply bool
	v := &cobra.Command{
		Use: "import enrollment|authorization|service|x12 FILE", Short: "Take a table of the ledger, or X12 claims (837P) or enrollment (834), in: good rows go in, bad rows are reported; exit 4 when there are bad ones",
		Args: args(2, 2, "a kind and a file (- = stdin)"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if !slices.Contains(importKinds, got[0]) {
				return usage("no table "+got[0], "use enrollment, authorization, service or x12; other records go by `throughline send`")
			}
			if check {
				cfg, err := c.loaded()
				if err != nil {
					return err
				}
				return c.importFile(cmd.Context(), cfg, nil, got[0], got[1], partner)
			}
			return c.withApp(cmd.Context(), true, func(ctx context.Context, a *App) error {
				return c.importFile(ctx, a.Config, a, got[0], got[1], partner)
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "whose table it is")
	v.Flags().BoolVar(&check, "check", false, "read and report, store nothing")
	v.Flags().BoolVar(&apply, "apply", false, "store the good rows")
	v.MarkFlagsMutuallyExclusive("check", "apply")
	v.MarkFlagsOneRequired("check", "apply")
	return v
}

// importFile reads a table and, with an app, takes its good rows in.
func (c *cli) importFile(ctx context.Context, cfg *config.Config, a *App, kind, name, partner string) error {
	p, err := partnerOf(cfg, partner)
	if err != nil {
		return err
	}
	f, size, err := c.openSpooled(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := newBulk(p, cfg.Rules.Zone, kind, filepath.Base(name), f)
	if err != nil {
		return err
	}
	defer in.close()
	out := importJSON{Kind: kind, File: name, Partner: partner, Checked: a == nil, Issues: []load.Issue{}}
	bar := c.progress("import " + kind)
	in.chunk = func(store.ImportChunk) { bar.at(in.read, size) }
	in.bad = func(i load.Issue) { c.badRow(&out, i) }
	if a == nil {
		out.Imported, err = in.check(ctx)
	} else {
		out.Imported, err = in.apply(ctx, a)
	}
	bar.end()
	if err != nil {
		return err
	}
	return c.printImport(out)
}

// badRow tells of one thing that is wrong with a row.
func (c *cli) badRow(out *importJSON, i load.Issue) {
	switch {
	case !c.opts.json:
		fmt.Fprintln(c.errs, i)
	case len(out.Issues) < shownRows:
		out.Issues = append(out.Issues, i)
	default:
		out.Omitted++
	}
}

// openSpooled opens a file; stdin is first written to a temporary one, as it is
// read twice.
func (c *cli) openSpooled(name string) (*os.File, int64, error) {
	if name != "-" {
		f, err := os.Open(c.path(name))
		if err != nil {
			return nil, 0, usage(err.Error(), "name a file that can be read")
		}
		info, err := f.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = usage(name+" is not a file", "name a file, or - for stdin")
		}
		if err != nil {
			return nil, 0, errors.Join(err, f.Close())
		}
		return f, info.Size(), nil
	}
	f, err := os.CreateTemp("", "throughline-*")
	if err != nil {
		return nil, 0, err
	}
	size, err := io.Copy(f, c.in)
	err = errors.Join(err, os.Remove(f.Name()))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, size, nil
}

func (c *cli) printImport(out importJSON) error {
	var err error
	if c.opts.json {
		err = c.printJSON(out)
	} else {
		_, err = fmt.Fprintln(c.out, out.words())
	}
	switch {
	case err != nil || out.Bad == 0:
		return err
	case out.Checked:
		return silent(exitFindings)
	}
	return silent(exitPartly)
}

// words is the summary as a sentence.
func (i importJSON) words() string {
	switch {
	case i.Checked:
		return fmt.Sprintf("%s: %s read, %d bad; nothing stored", i.Kind, counted(i.Rows, "row"), i.Bad)
	case i.Repeat:
		return fmt.Sprintf("%s: this file was imported before (%s, %d bad); nothing changed", i.Kind, counted(i.Rows, "row"), i.Bad)
	}
	out := fmt.Sprintf("%s: %s, %d added, %d known before, %d bad", i.Kind, counted(i.Rows, "row"), i.Added, i.Unchanged, i.Bad)
	if i.Resumed > 0 {
		out += fmt.Sprintf("; went on after row %d of an import that was interrupted", i.Resumed)
	}
	return out
}
