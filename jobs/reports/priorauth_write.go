package reports

import (
	_ "embed"
	"encoding/csv"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed priorauth.html
var priorAuthPage string

// Write writes the report as html, csv or json.
func (p *PriorAuth) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		return json.MarshalWrite(w, p, jsontext.WithIndent("  "), json.Deterministic(true))
	case "csv":
		return p.csv(w)
	}
	t, err := template.New("priorauth").Parse(priorAuthPage)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

func (p *PriorAuth) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"year", "payer", "part", "figure", "cite", "words", "value", "unit", "suppressed"}}
	for _, part := range []struct {
		name string
		list []Figure
	}{{"public", p.Public}, {"metrics", p.Metrics}, {"appeals", p.Appeals}} {
		for _, f := range part.list {
			rows = append(rows, []string{strconv.Itoa(p.Year), p.Payer, part.name, f.Key, f.Cite, f.Words, f.Value, f.Unit, strconv.FormatBool(f.Suppressed)})
		}
	}
	return c.WriteAll(rows)
}

// Chart draws the shares of the public figures.
func (p *PriorAuth) Chart() template.HTML {
	var bars []bar
	for _, f := range p.Public {
		if f.Unit != "%" || f.Value == "" {
			continue
		}
		n, err := strconv.ParseInt(strings.Replace(f.Value, ".", "", 1), 10, 64)
		if err != nil {
			continue
		}
		part := []int64{n, 1000 - n}
		bars = append(bars, bar{strings.ReplaceAll(f.Key, "_", " "), part, f.Value + " %"})
	}
	return chart("shares", "Shares of requests in percent", bars)
}
