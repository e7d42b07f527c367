package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
)

// appealJSON is an appeal as people see it: nobody is named.
type appealJSON struct {
	ID        string             `json:"id"`
	Level     string             `json:"level"`
	About     string             `json:"about"` // authorization number, or trace number of the request
	Item      int                `json:"item,omitempty"`
	Payer     gateway.PartnerID  `json:"payer"`
	Says      gateway.PartnerID  `json:"says"` // whose word it is
	Filed     string             `json:"filed_at"`
	FiledBy   string             `json:"filed_by"`
	Expedited bool               `json:"expedited"`
	Due       string             `json:"due"`
	State     gateway.ClockState `json:"state"`
	Outcome   string             `json:"outcome"`
	Decided   string             `json:"decided_at"`
	Continued string             `json:"continued"` // asked, granted, refused; empty = not asked for
	Until     string             `json:"continued_until"`
	Next      string             `json:"next"`
	Steps     []console.Event    `json:"steps,omitempty"`
}

func appealOf(v *appealView, now time.Time) appealJSON {
	out := appealJSON{ID: v.ID, Level: v.Level, About: cmp.Or(v.About.Number, v.About.Trace.Value), Item: v.About.Item, Payer: v.Payer, Says: v.Partner, Filed: when(v.Filed), FiledBy: v.FiledBy,
		Expedited: v.Expedited, Outcome: v.Outcome, Decided: when(v.Resolved)}
	if c := v.Continued; c != nil {
		out.Continued = c.Status
		if c.Until != ledger.NoDay {
			out.Until = c.Until.String()
		}
	}
	for i := range v.Steps {
		s := &v.Steps[i]
		out.Steps = append(out.Steps, eventOf(s, now))
		if s.Kind == gateway.ResolveAppeal || s.Kind == gateway.DecideHearing {
			out.Due, out.State = when(s.Due), s.State(now)
		}
		if s.Waits(now) && out.Next == "" {
			out.Next = nextOf[s.Kind]
		}
	}
	return out
}

func (c *cli) appealListVerb() *cobra.Command {
	var partner string
	var all bool
	v := &cobra.Command{
		Use: "list", Short: "List the appeals of the children that a partner may see, oldest first, with their clocks", Args: args(0, 0, "no arguments; name the partner with --partner"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := a.appealList(ctx, partner, func(v *appealView) bool { return all || v.Open() })
				if err != nil {
					return err
				}
				return show(c, list, "no appeals", []string{"APPEAL", "LEVEL", "ABOUT", "PAYER", "FILED", "DUE", "STATE", "OUTCOME", "CONTINUED", "NEXT"}, func(r appealJSON) []string {
					return []string{r.ID, r.Level, r.About, string(r.Payer), r.Filed, r.Due, string(r.State), r.Outcome, r.Continued, r.Next}
				})
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "as which partner")
	v.Flags().BoolVar(&all, "all", false, "decided ones too")
	return v
}

func (a *App) appealList(ctx context.Context, partner string, want func(*appealView) bool) (out []appealJSON, err error) {
	p, err := a.known(partner)
	if err != nil {
		return nil, err
	}
	list, err := a.appeals(ctx, p)
	for i := range list {
		if want(&list[i]) {
			out = append(out, appealOf(&list[i], time.Now()))
		}
	}
	return out, err
}

func (c *cli) appealShowVerb() *cobra.Command {
	var partner string
	v := &cobra.Command{
		Use: "show APPEAL", Short: "Show an appeal with its steps, clocks and outcome", Args: args(1, 1, "the id of an appeal, see appeal list"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := a.appealList(ctx, partner, func(v *appealView) bool { return v.ID == got[0] })
				if err == nil && len(list) == 0 {
					err = noAppeal(got[0])
				}
				if err != nil {
					return err
				}
				return c.printJSON(list)
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "as which partner")
	return v
}

func noAppeal(id string) error {
	return usage("no appeal "+id+" of a child that this partner may see", "see throughline appeal list --all")
}

// appealFlags are the fields of an appeal that is filed.
type appealFlags struct {
	partner, member, on, from string
	r                         record.Appeal
}

func (c *cli) appealFileVerb() *cobra.Command {
	var f appealFlags
	v := &cobra.Command{
		Use: "file APPEAL", Short: "File an appeal or ask for a fair hearing, in the name of a partner", Args: args(1, 1, "an id for the appeal"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(f.partner)
				if err != nil {
					return err
				}
				now := record.Instant(time.Now().UTC().Format(time.RFC3339))
				f.r.AppealID, f.r.MemberID, f.r.Determined = got[0], f.member, record.Date(f.on)
				f.r.Filed, f.r.Received = now, now
				if f.from != "" {
					f.r.Continued = &record.ContinuedBenefits{Status: "asked", Asked: now.Date(), From: record.Date(f.from)}
				}
				if err := a.sendAppeal(ctx, p.ID, &f.r); err != nil {
					return c.refused(err)
				}
				_, err = fmt.Fprintf(c.out, "%s: filed\n", got[0])
				return err
			})
		},
	}
	f.add(v)
	return v
}

func (f *appealFlags) add(v *cobra.Command) {
	s := v.Flags()
	s.StringVar(&f.partner, "partner", "", "in whose name")
	s.StringVar(&f.member, "member", "", "member id of the child")
	s.StringVar(&f.r.AuthID, "authorization", "", "the payer's authorization number")
	s.StringVar(&f.r.Trace, "trace", "", "trace number of the request")
	s.StringVar(&f.r.NoticeID, "notice", "", "id of the notice of the decision")
	s.Int64Var(&f.r.Item, "item", 0, "item of the request; default: all of it")
	s.StringVar(&f.on, "determined", "", "day of the decision, as on the notice")
	s.StringVar(&f.r.Level, "level", gateway.PlanAppeal, "plan-appeal, fair-hearing or external-review")
	s.StringVar(&f.r.PriorID, "of", "", "for a hearing: the appeal before it")
	s.StringVar(&f.r.FiledBy, "by", "family", "family, youth, representative, or provider with --consent")
	s.BoolVar(&f.r.Consent, "consent", false, "the family has consented in writing")
	s.StringVar(&f.r.How, "how", "", "oral or written")
	s.BoolVar(&f.r.Expedited, "expedited", false, "the usual time could harm the child")
	s.StringVar(&f.from, "continue-from", "", "benefits are to continue from this day on, the first day of the cut")
}

// appealMoves are what the payer or the state can do about an appeal.
var appealMoves = map[string]func(r *record.Appeal, at record.Instant) error{
	"acknowledge":     func(r *record.Appeal, at record.Instant) error { r.Acknowledged = at; return nil },
	"uphold":          decided("upheld"),
	"overturn":        decided("overturned"),
	"overturn-partly": decided("partly-overturned"),
	"withdraw":        decided("withdrawn"),
	"dismiss":         decided("dismissed"),
	"continue":        continued("granted"),
	"discontinue":     continued("refused"),
}

func decided(outcome string) func(*record.Appeal, record.Instant) error {
	return func(r *record.Appeal, at record.Instant) error {
		r.Outcome, r.Decided = outcome, at
		return nil
	}
}

func continued(status string) func(*record.Appeal, record.Instant) error {
	return func(r *record.Appeal, _ record.Instant) error {
		if r.Continued == nil {
			return usage("nobody has asked that benefits continue", "the family asks with appeal file --continue-from")
		}
		r.Continued.Status = status
		return nil
	}
}

func (c *cli) appealDecideVerb() *cobra.Command {
	var partner, until string
	var change record.Appeal
	v := &cobra.Command{
		Use:   "decide APPEAL acknowledge|uphold|overturn|overturn-partly|withdraw|dismiss|continue|discontinue",
		Short: "Acknowledge or decide an appeal, or let benefits continue, as its payer or the state", Args: args(2, 2, "the id of an appeal and what is done"),
		RunE: func(cmd *cobra.Command, got []string) error {
			move := appealMoves[got[1]]
			if move == nil {
				return usage("no decision "+got[1], "use acknowledge, uphold, overturn, overturn-partly, withdraw, dismiss, continue or discontinue")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(partner)
				if err != nil {
					return err
				}
				r, err := a.appealRecord(ctx, p, got[0], &change)
				if err != nil {
					return err
				}
				now := record.Instant(time.Now().UTC().Format(time.RFC3339))
				if err := move(r, now); err != nil {
					return err
				}
				if until != "" && r.Continued != nil {
					r.Continued.Until = record.Date(until)
				}
				r.Received = now
				if err := a.sendAppeal(ctx, p.ID, r); err != nil {
					return c.refused(err)
				}
				_, err = fmt.Fprintf(c.out, "%s: %s\n", got[0], got[1])
				return err
			})
		},
	}
	s := v.Flags()
	s.StringVar(&partner, "partner", "", "the payer, or the state")
	s.StringVar(&change.Level, "level", "", "of the appeal, when two levels use one id")
	s.StringVar(&change.Source, "source", "", "for the state: the partner that sent the authorization")
	s.StringVar(&change.Reason, "reason", "", "of the outcome, in words")
	s.StringVar(&change.Reviewer, "reviewer", "", "name of who decides")
	s.StringVar(&change.Credential, "credential", "", "credential of the reviewer")
	s.Int64Var(&change.ExtendDays, "extend-days", 0, "further calendar days to decide")
	s.StringVar(&change.ExtendWhy, "extend-reason", "", "why they are in the child's interest")
	s.StringVar(&until, "until", "", "last day on which benefits continue; default: the day of the outcome")
	return v
}

// appealRecord is the best record of an appeal, with what is changed laid over it.
func (a *App) appealRecord(ctx context.Context, p *gateway.Partner, id string, change *record.Appeal) (*record.Appeal, error) {
	list, err := a.appeals(ctx, p)
	if err != nil {
		return nil, err
	}
	records, err := a.Store.Filings(ctx, p.Caller())
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		if v.ID != id || change.Level != "" && v.Level != change.Level {
			continue
		}
		for n := range records {
			if s := &records[n]; s.Kind == "appeal" && s.ID == id && s.Partner == v.Partner && s.Person == v.Person {
				return overlaid(s.Body, change)
			}
		}
	}
	return nil, noAppeal(id)
}

func overlaid(body []byte, change *record.Appeal) (*record.Appeal, error) {
	rec, issues := json.Decode("appeal", body, nil)
	r, ok := rec.(*record.Appeal)
	if !ok {
		return nil, &gateway.Fault{Op: "appeal", Code: gateway.Invalid, Issues: issues}
	}
	for _, f := range []struct{ to, from *string }{{&r.Source, &change.Source}, {&r.Reason, &change.Reason}, {&r.Reviewer, &change.Reviewer}, {&r.Credential, &change.Credential}, {&r.ExtendWhy, &change.ExtendWhy}} {
		*f.to = cmp.Or(*f.from, *f.to)
	}
	r.ExtendDays = cmp.Or(change.ExtendDays, r.ExtendDays)
	return r, nil
}

// sendAppeal takes an appeal in as a message of the partner.
func (a *App) sendAppeal(ctx context.Context, p gateway.PartnerID, r *record.Appeal) error {
	body := record.JSON(r)
	sum := sha256.Sum256(body)
	m := &gateway.Message{Partner: p, Channel: "appeal", Kind: "json/appeal", Key: strings.Join([]string{r.AppealID, hex.EncodeToString(sum[:])}, ":"), Body: body}
	_, err := a.Gateway.Receive(ctx, m, func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
	return err
}
