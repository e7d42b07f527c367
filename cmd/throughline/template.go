package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/record"
)

func (c *cli) templateVerb() *cobra.Command {
	kinds := strings.Join(record.Names, ", ")
	return &cobra.Command{
		Use: "template KIND", Short: "Print a table to fill in, with example rows; --json prints the record as JSON",
		Long: "Kinds: " + kinds + ".", Args: args(1, 1, "one of "+kinds),
		RunE: func(_ *cobra.Command, got []string) error {
			make := mappings.Template
			if c.opts.json {
				make = mappings.Example
			}
			body := make(gateway.Kind(got[0]))
			if body == nil {
				return usage("no record "+got[0], "use one of: "+kinds)
			}
			_, err := c.out.Write(body)
			return err
		},
	}
}
