package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (c *cli) sendVerb() *cobra.Command {
	var f doorFlags
	var kind, key string
	v := &cobra.Command{
		Use: "send FILE...", Short: "Send FHIR, records or tables as a partner does, and print the receipts",
		Long: "Sends each file as one body: a FHIR resource or Bundle, one record or a list of records as JSON, a CSV\n" +
			"table of the kind that --kind names, or HL7 v2 messages. Through the data directory in the name of --partner, or to a running\nserver by --url and --token." +
			" Entries of a batch or transaction that only read are answered; one that fails does not make\nthe file fail.",
		Args: args(1, -1, "one file or more (- = stdin)"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if key != "" && len(got) > 1 {
				return usage("one key for several files", "give --key with one file only")
			}
			return c.withDoor(cmd.Context(), f, true, func(ctx context.Context, d *door) error { return c.send(ctx, d, got, kind, key) })
		},
	}
	f.add(c, v)
	v.Flags().StringVar(&kind, "kind", "", "record of a CSV table: service, care_plan ...")
	v.Flags().StringVar(&key, "key", "", "Idempotency-Key; default: the content is the key")
	return v
}

// sentJSON is what became of one file.
type sentJSON struct {
	File    string         `json:"file"`
	Status  int            `json:"status"`
	Outcome string         `json:"outcome"` // accepted, repeated, held, partly, refused
	Answer  jsontext.Value `json:"answer"`  // receipt, report or problem, as the API gave it
}

// apiAnswer is what we read of receipts, reports and problems.
type apiAnswer struct {
	ID        string      `json:"id"`
	State     string      `json:"state"`
	Kind      string      `json:"kind"`
	Resources []madeJSON  `json:"resources"`
	Issues    []issueJSON `json:"issues"`
	Rows      int         `json:"rows"`
	Accepted  int         `json:"accepted"`
	Repeated  int         `json:"repeated"`
	Held      int         `json:"held"`
	Rejected  int         `json:"rejected"`
	Answered  int         `json:"answered"`
	Failed    int         `json:"unanswered"`
	Results   []rowJSON   `json:"results"`
	Answers   []rowJSON   `json:"answers"` // to the reads of a transaction
}

type rowJSON struct {
	Row    int         `json:"row"`
	Status string      `json:"status"`
	Issues []issueJSON `json:"issues"`
}

type madeJSON struct {
	Reference string `json:"reference"`
	Version   int64  `json:"version"`
	Change    string `json:"change"`
}

// send sends the files one after the other. A refused file does not stop the
// others; a door that is closed does.
func (c *cli) send(ctx context.Context, d *door, files []string, kind, key string) error {
	all := make([]sentJSON, 0, len(files))
	codes := map[int]int{}
	for _, name := range files {
		ans, err := c.sendFile(ctx, d, name, kind, key)
		if err != nil {
			return err
		}
		var read apiAnswer
		if err := json.Unmarshal(ans.body, &read); err != nil {
			return &failure{code: exitFault, text: "an answer that is not the partner API's: " + ans.outcome(), todo: "see whether --url ends in /v1"}
		}
		sent := sentJSON{File: name, Status: ans.status, Outcome: read.outcome(ans), Answer: jsontext.Value(ans.body)}
		all = append(all, sent)
		code := ans.code()
		if code == exitFine && read.Rejected > 0 {
			code = exitPartly
		}
		codes[code]++
		if !c.opts.json {
			c.printSent(sent, &read)
		}
	}
	if c.opts.json {
		if err := c.printJSON(all); err != nil {
			return err
		}
	}
	return silent(together(codes, len(files)))
}

// together is the exit code of several files: their own when they agree, else
// "partly".
func together(codes map[int]int, files int) int {
	for code, n := range codes {
		if n == files {
			return code
		}
	}
	return exitPartly
}

// sendFile sends one file as what it is.
func (c *cli) sendFile(ctx context.Context, d *door, name, kind, key string) (*answer, error) {
	body, err := c.readFile(name)
	if err != nil {
		return nil, err
	}
	if hl7Body(body) {
		return d.sendHL7(ctx, body)
	}
	path, media := "/messages", "application/json"
	if isTable(name, kind) {
		if kind == "" {
			return nil, usage(name+" is a table of an unknown kind", "name it with --kind, such as --kind service")
		}
		path, media = path+"?kind="+url.QueryEscape(kind), "text/csv"
	}
	return d.post(ctx, path, media, key, body)
}

// isTable says that a file is CSV, by its name, or by --kind when it has none.
func isTable(name, kind string) bool {
	return strings.EqualFold(filepath.Ext(name), ".csv") || kind != "" && !strings.EqualFold(filepath.Ext(name), ".json")
}

func (r *apiAnswer) outcome(a *answer) string {
	switch {
	case a.code() != exitFine:
		return "refused"
	case r.Rejected > 0:
		return "partly"
	case a.header.Get("Idempotent-Replayed") == "true":
		return "repeated"
	case r.State == "held" || r.Held > 0:
		return "held"
	}
	return "accepted"
}

// printSent is the receipt for people: what is in on stdout, what is wrong too,
// as it is the answer to the question.
func (c *cli) printSent(s sentJSON, r *apiAnswer) {
	fmt.Fprintf(c.out, "%s: %s", s.File, s.Outcome)
	switch {
	case r.ID != "":
		fmt.Fprintf(c.out, ", %s, message %s\n", r.Kind, r.ID)
	case r.Rows > 0:
		fmt.Fprintf(c.out, ", %s: %d accepted, %d repeated, %d held, %d rejected", counted(r.Rows, "record"), r.Accepted, r.Repeated, r.Held, r.Rejected)
		if r.Answered+r.Failed > 0 {
			fmt.Fprintf(c.out, ", %d answered, %d unanswered", r.Answered, r.Failed)
		}
		fmt.Fprintln(c.out)
	default:
		fmt.Fprintf(c.out, " (%d)\n", s.Status)
	}
	for _, m := range r.Resources {
		fmt.Fprintf(c.out, "  %s %s version %d\n", m.Change, m.Reference, m.Version)
	}
	for _, i := range r.Issues {
		fmt.Fprintln(c.out, indented(i.text()))
	}
	for _, row := range slices.Concat(r.Results, r.Answers) {
		for _, i := range row.Issues {
			if i.Where == "" {
				i.Where = fmt.Sprintf("row %d", row.Row)
			}
			fmt.Fprintln(c.out, indented(i.text()))
		}
	}
}

// errNothing says that a file is empty.
var errNothing = errors.New("it is empty")
