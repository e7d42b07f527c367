package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// worklists is what waits for people of a partner, for the console and the
// command line.
type worklists struct{ app *App }

// bands are the days before its end at which an authorization is told of again.
var bands = []int64{7, 14, 30}

// Worklist is what waits: decisions, notices and appeals with their steps,
// authorizations that end soon, findings whose next step is the partner's, plans
// without a team and teams without a plan.
func (w worklists) Worklist(ctx context.Context, p *gateway.Partner) ([]console.Work, error) {
	now := time.Now()
	requests, err := w.requests(ctx, p, now)
	if err != nil {
		return nil, err
	}
	steps, err := w.steps(ctx, p, now)
	if err != nil {
		return nil, err
	}
	ending, err := w.ending(ctx, p, now)
	if err != nil {
		return nil, err
	}
	findings, err := w.findings(ctx, p)
	if err != nil {
		return nil, err
	}
	gaps, err := w.gaps(ctx, p, findings)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(requests, steps, ending, findings, gaps)
	slices.SortStableFunc(out, func(a, b console.Work) int { return byDue(a.Due, b.Due) })
	return out, nil
}

// byDue orders what has a due moment first.
func byDue(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// requests are those that wait for a decision, ours or another's.
func (w worklists) requests(ctx context.Context, p *gateway.Partner, now time.Time) (out []console.Work, err error) {
	page := gateway.Paging{Limit: 500}
	for {
		list, next, err := w.app.Store.Requests(ctx, p.Caller(), gateway.AuthWaiting, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			r, err := w.app.withClocks(ctx, &list[i])
			if err != nil {
				return nil, err
			}
			out = append(out, requestWork(r, p.ID, now))
		}
		if page.After = next; next == "" {
			return out, nil
		}
	}
}

func requestWork(r *console.Request, viewer gateway.PartnerID, now time.Time) console.Work {
	out := console.Work{What: "request", Record: r.A.ID, Text: fmt.Sprintf("%s to %s", r.A.Requester, r.A.Payer), On: string(r.A.Payer), Since: r.A.Latest().At, Next: r.Next, State: "waiting"}
	if r.Asks() {
		out.On = string(r.A.Requester)
	}
	if r.Clock != nil {
		out.Due, out.State = r.Clock.Due, string(r.Clock.State(now))
	}
	if viewer == r.A.Payer {
		out.Link = console.Path + "/reviews/" + r.A.ID
	}
	return out
}

// ending are authorizations within 30, 14 and 7 days of their end.
func (w worklists) ending(ctx context.Context, p *gateway.Partner, now time.Time) (out []console.Work, err error) {
	zone := w.app.zoneOf(p.ID)
	today := ledger.DayOf(now.In(zone))
	list, err := w.app.Store.ExpiringAuthorizations(ctx, p.Caller(), today, today+ledger.Day(bands[len(bands)-1]), 1000)
	for _, e := range list {
		days := int64(e.End - today)
		band := bands[slices.IndexFunc(bands, func(b int64) bool { return days <= b })]
		end, err := time.ParseInLocation(time.DateOnly, e.End.String(), zone)
		if err != nil {
			return nil, err
		}
		out = append(out, console.Work{What: "expiring", Record: e.ID, Text: e.Code + " " + e.Modifiers, On: "coordinator", Due: end.AddDate(0, 0, 1),
			State: fmt.Sprintf("within %d days", band), Next: "ask for a renewal (certification type R), or plan the step-down"})
	}
	return out, err
}

// gaps are plans without a team and teams without a plan, as the last published
// night found them; of the partner's own records, or of its programs. What is a
// finding of the partner's by now is not told twice.
func (w worklists) gaps(ctx context.Context, p *gateway.Partner, findings []console.Work) (out []console.Work, err error) {
	run, err := w.app.Store.LastRun(ctx)
	if err != nil {
		if gateway.FaultOf(err).Code == gateway.NotFound {
			err = nil
		}
		return nil, err
	}
	next := map[ledger.FindingKind]string{ledger.NoTeam: "form the child and family team, and send it", ledger.NoPlan: "write the plan with the team, and send it"}
	err = w.app.Store.EachFinding(ctx, run, func(f *ledger.FindingRow) error {
		step, ours := next[f.Kind]
		told := func(w console.Work) bool { return w.Record == f.Ref && w.Text == f.Reason }
		if ours && !slices.ContainsFunc(findings, told) && (f.Partner == string(p.ID) || slices.Contains(p.Programs, f.Program)) {
			out = append(out, console.Work{What: "plan", Record: f.Ref, Text: f.Reason, On: f.Partner, State: string(f.Kind), Next: step})
		}
		return nil
	})
	return out, err
}

// AuthReport is the yearly report as a page.
func (w worklists) AuthReport(ctx context.Context, p gateway.PartnerID, year int) ([]byte, error) {
	report, err := w.app.authReport(ctx, p, year)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = report.Write(&b, "html")
	return b.Bytes(), err
}

// authReport counts every request to a payer.
func (a *App) authReport(ctx context.Context, p gateway.PartnerID, year int) (*reports.PriorAuth, error) {
	zone, now := a.zoneOf(p), time.Now()
	questions, err := a.questionsIn(ctx, year, zone)
	if err != nil {
		return nil, err
	}
	count := reports.CountPriorAuth(year, string(p), zone, now)
	page := gateway.Paging{Limit: 500}
	for {
		list, next, err := a.Store.RequestsTo(ctx, p, "", page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			r, err := a.withClocks(ctx, &list[i])
			if err != nil {
				return nil, err
			}
			count.Add(&reports.AuthCase{A: r.A, Clocks: r.Clocks, Filings: r.Filings, Steps: r.Steps, Questions: questions[r.A.Response]})
		}
		if page.After = next; next == "" {
			return count.Report(ledger.DayOf(now.In(zone)).String()), nil
		}
	}
}

// questionsIn are the Claim/$inquire of a year by the ClaimResponses that they
// showed, out of the audit trail.
func (a *App) questionsIn(ctx context.Context, year int, zone *time.Location) (map[string][]reports.Question, error) {
	f := store.AuditFilter{Action: "inquire", From: time.Date(year, 1, 1, 0, 0, 0, 0, zone), To: time.Date(year+1, 1, 1, 0, 0, 0, 0, zone)}
	out := map[string][]reports.Question{}
	page := gateway.Paging{Limit: 500}
	for {
		rows, next, err := a.Store.AuditTrail(ctx, f, page)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			_, shown, _ := strings.Cut(r.Detail, "shown ")
			for _, ref := range strings.Fields(shown) {
				ref = strings.TrimSuffix(ref, ";")
				out[ref] = append(out[ref], reports.Question{At: r.At, From: r.Partner})
			}
		}
		if page.After = next; next == "" {
			return out, nil
		}
	}
}

func (c *cli) worklistVerb() *cobra.Command {
	var partner string
	v := &cobra.Command{
		Use: "worklist", Short: "What waits for the people of a partner: decisions, authorizations that end, findings, plans without a team", Args: args(0, 0, "no arguments; name the partner with --partner"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(partner)
				if err != nil {
					return err
				}
				list, err := worklists{a}.Worklist(ctx, p)
				if err != nil {
					return err
				}
				return show(c, list, "nothing waits", []string{"WHAT", "RECORD", "WAITS FOR", "SINCE", "DUE", "STATE", "NEXT"}, func(w console.Work) []string {
					return []string{w.What, w.Record, w.On, when(w.Since), when(w.Due), w.State, w.Next}
				})
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "whose people")
	return v
}

func (c *cli) reportBuildVerb() *cobra.Command {
	var kind, payer, format string
	var year int
	v := &cobra.Command{
		Use: "build", Short: "Build a report: prior-auth, the public yearly figures of a payer (42 CFR 438.210(f))", Args: args(0, 0, "no arguments; see its flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kind != "prior-auth" || !slices.Contains([]string{"html", "csv", "json"}, format) {
				return usage("no report "+strconv.Quote(kind)+" as "+strconv.Quote(format), "use --kind prior-auth and --format html, csv or json")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(payer)
				if err != nil {
					return err
				}
				if p.Kind != gateway.MCO {
					return usage(payer+" is no payer", "name a partner of kind mco with --payer")
				}
				report, err := a.authReport(ctx, p.ID, cmp.Or(year, time.Now().Year()))
				if err != nil {
					return err
				}
				return report.Write(c.out, format)
			})
		},
	}
	f := v.Flags()
	f.StringVar(&kind, "kind", "prior-auth", "what is reported")
	f.IntVar(&year, "year", 0, "of the decisions; default: this year")
	f.StringVar(&payer, "payer", "", "id of the partner that decides")
	f.StringVar(&format, "format", "html", "html, csv or json")
	return v
}
