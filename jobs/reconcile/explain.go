package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Explanation says why one line got its verdict, in a run.
type Explanation struct {
	Run      string   `json:"run"`
	AsOf     string   `json:"as_of"`
	Known    int64    `json:"known"`
	Rules    string   `json:"rules"`
	Partner  string   `json:"partner"`
	Line     string   `json:"line_id"`
	Claim    string   `json:"claim_id,omitempty"`
	Code     string   `json:"code"`
	Mods     string   `json:"modifiers,omitempty"`
	Provider string   `json:"provider_id"`
	Date     string   `json:"service_date"`
	Units    string   `json:"units"`
	Unit     string   `json:"unit,omitempty"`
	Version  int64    `json:"version"` // the commit that brought the version judged
	Verdict  string   `json:"verdict"`
	Needed   int64    `json:"units_needed"`
	Matched  int64    `json:"matched_units"`
	Flags    []string `json:"flags"`
	Reason   string   `json:"reason"`
	Rule     string   `json:"rule"`
	Splits   []Gave   `json:"splits"`
	Auths    []Paper  `json:"authorizations"` // those that gave, or the nearest miss
}

// Gave is what one authorization gave to the line.
type Gave struct {
	Partner string `json:"partner"`
	Auth    string `json:"authorization_id"`
	Units   int64  `json:"units"`
}

// Paper is an authorization as the run saw it, with all its use.
type Paper struct {
	Partner   string `json:"partner"`
	Auth      string `json:"authorization_id"`
	Status    string `json:"status"`
	Code      string `json:"code"`
	Mods      string `json:"modifiers,omitempty"`
	Provider  string `json:"provider_id,omitempty"`
	Payer     string `json:"payer,omitempty"`
	Start     string `json:"start"`
	End       string `json:"end,omitempty"`
	Units     int64  `json:"units"`
	Used      int64  `json:"used"`
	Remaining int64  `json:"remaining"`
	Cap       string `json:"cap,omitempty"`
	Version   int64  `json:"version"`
}

// Explain settles the child of a line again, exactly as the run saw it. Without
// a partner the id must be one only. A nil caller is the house itself; for
// others a line that they may not see is absent.
func Explain(ctx context.Context, d Deps, run *ledger.Run, c *gateway.Caller, partner, id string) (*Explanation, error) {
	kase, err := d.Facts.CaseOfLine(ctx, c, partner, id, run.Known)
	if err != nil {
		return nil, err
	}
	if v := d.rules().Version(); v != run.Rules {
		return nil, fmt.Errorf("explain: run %s used rules %s, this configuration has %s", run.ID, run.Rules, v)
	}
	r := ledger.Settle(kase, run.AsOf, d.rules())
	at := slices.IndexFunc(r.Lines, func(v ledger.LineVerdict) bool {
		return v.Line.ID == id && (partner == "" || v.Line.Partner == partner)
	})
	if at < 0 {
		return nil, fmt.Errorf("explain: line %s has no verdict in run %s", id, run.ID)
	}
	v := &r.Lines[at]
	e := explanation(v)
	e.Run, e.AsOf, e.Known, e.Rules = run.ID, run.AsOf.String(), run.Known, run.Rules
	e.Auths = papers(r, v)
	return e, nil
}

func explanation(v *ledger.LineVerdict) *Explanation {
	l := v.Line
	e := &Explanation{Partner: l.Partner, Line: l.ID, Claim: l.ClaimID, Code: l.Code, Mods: l.Modifiers, Provider: l.Provider, Date: l.Date.String(),
		Units: v.Units.String(), Unit: l.Unit, Version: l.Seq, Verdict: string(v.Verdict), Needed: v.Needed, Matched: v.Matched,
		Flags: append([]string{}, v.Flags...), Reason: v.Reason(), Rule: RuleOf(v.Verdict), Splits: []Gave{}}
	if l.Date == ledger.NoDay {
		e.Date = l.DateText
	}
	for _, s := range v.Splits {
		e.Splits = append(e.Splits, Gave{s.Auth.Partner, s.Auth.ID, s.Units})
	}
	return e
}

func papers(r *ledger.Result, v *ledger.LineVerdict) []Paper {
	out := []Paper{}
	for i := range r.Uses {
		u := &r.Uses[i]
		key := u.Auth.Key()
		if key != v.Nearest && !slices.ContainsFunc(v.Splits, func(s ledger.Split) bool { return s.Auth == key }) {
			continue
		}
		a := u.Auth
		p := Paper{Partner: a.Partner, Auth: a.ID, Status: string(a.Status), Code: a.Code, Mods: a.Modifiers, Provider: a.Provider, Payer: a.Payer,
			Start: a.Start.String(), End: a.End.String(), Units: u.Approved(), Used: u.Used, Remaining: u.Remaining(), Version: a.Seq}
		if a.CapPeriod != ledger.NoCap {
			p.Cap = fmt.Sprintf("%d a %s", a.CapUnits, a.CapPeriod)
		}
		out = append(out, p)
	}
	return out
}

// Rules in the words of ledger.md, by verdict; the report prints them too.
var rules = map[ledger.Verdict]string{
	ledger.Replaced:        "A replacement stands instead: of the rows joined by replaces, the last by (received time, id) decides; a replacement alone goes through the law.",
	ledger.Voided:          "A void leaves none of its chain: the others are voided.",
	ledger.Void:            "The void row itself takes part in nothing below.",
	ledger.UnknownOriginal: "A row whose original is unknown consumes nothing, and is judged again when the original comes.",
	ledger.InvalidLine:     "A line that cannot be settled says so first and consumes nothing: units that are not positive, no code, an impossible date.",
	ledger.DeniedLine:      "Denied by the payer's 835: consumes nothing; a reversal restores it.",
	ledger.UnknownUnit:     "Its unit is not the authorization's and no row of the unit table converts it: consumes nothing.",
	ledger.Duplicate:       "Rule 1: an earlier line has the same member, provider, code, set of modifiers, date and units, unless visits or start times differ; lines that share a visit id are one service. Consumes nothing.",
	ledger.NotEnrolled:     "Rule 2: no enrollment span holds the date. Consumes nothing.",
	ledger.Matched:         "Rule 3: eligible authorizations, the named one first, then by end date and id, gave all needed units.",
	ledger.OverCap:         "Rule 3: some authorization could have given more but for its cap in the day, week or month. What was given stays given.",
	ledger.Exhausted:       "Rule 3: the eligible authorizations have no units left. What was given stays given.",
	ledger.WrongPayer:      "Rule 4: an authorization fits in all but the payer.",
	ledger.WrongProvider:   "Rule 4: same code, modifiers and period, another provider.",
	ledger.OutsidePeriod:   "Rule 4: same code, modifiers and provider, another period.",
	ledger.WrongModifier:   "Rule 4: same code, provider and period, other modifiers.",
	ledger.WrongCode:       "Rule 4: another code, under an authorization of that very provider whose period holds the date.",
	ledger.NoAuthorization: "Rule 4: no authorization comes near.",
}

// RuleOf is the law's sentence behind a verdict.
func RuleOf(v ledger.Verdict) string { return rules[v] }
