package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
)

// problemJSON is one problem of a configuration.
type problemJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Found   string `json:"found"`
	Allowed string `json:"allowed"`
	Mend    string `json:"mend"`
	Warning bool   `json:"warning"`
}

func (c *cli) configCheckVerb() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Report every problem of the configuration at once", Args: args(0, 0, "no arguments; name files with --config"),
		RunE: func(*cobra.Command, []string) error { return c.configCheck() },
	}
}

func (c *cli) configCheck() error {
	cfg, problems := c.load()
	if cfg != nil {
		problems = append(problems, config.Check(cfg)...)
	}
	err := c.printProblems(problems)
	if problems.Err() != nil {
		return silent(exitFindings)
	}
	return err
}

func (c *cli) printProblems(problems config.Problems) error {
	if c.opts.json {
		list := make([]problemJSON, 0, len(problems))
		for _, p := range problems {
			list = append(list, problemJSON(p))
		}
		return c.printJSON(list)
	}
	for _, p := range problems {
		fmt.Fprintln(c.out, p)
	}
	if len(problems) == 0 {
		fmt.Fprintln(c.errs, "the configuration is in order")
	}
	return nil
}

func (c *cli) configPrintVerb() *cobra.Command {
	return &cobra.Command{
		Use: "print", Short: "Print what is in force, where it came from; secrets masked", Args: args(0, 0, "no arguments; name files with --config"),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.loaded()
			if err != nil {
				return err
			}
			return config.Print(c.out, cfg)
		},
	}
}
