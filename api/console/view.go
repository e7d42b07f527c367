package console

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// view is a parsed page.
type view struct{ t *template.Template }

func (v *view) execute(w io.Writer, f *frame) error { return v.t.ExecuteTemplate(w, "layout", f) }

// frame is what layout.html is filled with.
type frame struct {
	Title, Version, Nonce string
	Who, Organization     string // empty = nobody is logged in
	CSRF                  string
	Nav                   []navEntry
	Operator              bool
	Refresh               int
	Now                   time.Time
	Data                  any
}

type navEntry struct {
	Label, Href string
	Here        bool
}

func frameOf(c *Console, v *visit, a *answer, r *http.Request, nonce string) *frame {
	f := &frame{Title: a.Title, Version: c.Version, Nonce: nonce, Refresh: a.Refresh, Data: a.Data, Now: c.Now()}
	if v == nil {
		return f
	}
	f.Who, f.Organization, f.CSRF, f.Operator = v.session.Who, v.partner.Name, v.session.CSRF, v.operator()
	for _, p := range c.pages {
		if p.Nav == "" || !p.Rule.Allows(v.partner.Kind) {
			continue
		}
		href := strings.TrimSuffix(strings.TrimPrefix(p.Pattern, "GET "), "{$}")
		here := r.URL.Path == href || href != Path+"/" && strings.HasPrefix(r.URL.Path, href+"/")
		f.Nav = append(f.Nav, navEntry{p.Nav, href, here})
	}
	return f
}

// parse reads every template: layout.html and parts.html with each page.
func parse() (map[string]*view, error) {
	base, err := template.New("").Funcs(funcs).ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	views := map[string]*view{}
	for _, name := range names {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(files, name)
		}
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		views[strings.TrimSuffix(path.Base(name), ".html")] = &view{t}
	}
	return views, nil
}

// funcs are what templates say times and numbers with.
var funcs = template.FuncMap{
	"when":  when,
	"ago":   ago,
	"short": short,
	"brief": brief,
	"dict":  dict,
	"list":  func(words ...string) []string { return words },
	"left":  left,
	"lasts": lasts,
	"n":     grouped,
	"whole": func(f float64) int64 { return int64(f + .5) },
	"chart": chartOf,
	"laneStates": func() []gateway.LaneState {
		return []gateway.LaneState{gateway.LaneStopped, gateway.LaneRetry, gateway.LaneReady, gateway.LaneSending}
	},
	"percent": func(part, whole any) int64 {
		p, w := whole64(part), whole64(whole)
		if w <= 0 {
			return 100
		}
		return min(100, p*100/w)
	},
}

// whole64 is a whole number of whatever type.
func whole64(v any) int64 {
	n, _ := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	return n
}

// grouped writes a whole number with its thousands: 1,234,567.
func grouped(v any) string {
	s := strconv.FormatInt(whole64(v), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// ago is the time between two moments in one unit: "3 min ago", "in 2 h".
func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	format := "%s ago"
	if d < 0 {
		d, format = -d, "in %s"
	}
	words := fmt.Sprintf("%d s", int(d.Seconds()))
	switch {
	case d >= 48*time.Hour:
		words = fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= time.Hour:
		words = fmt.Sprintf("%d h", int(d.Hours()))
	case d >= time.Minute:
		words = fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf(format, words)
}

// left is what is left of a clock in one unit: "3 days left", "late by 5 h".
func left(due, now time.Time) string {
	words := ago(due, now)
	if rest, ok := strings.CutPrefix(words, "in "); ok {
		return rest + " left"
	}
	return "late by " + strings.TrimSuffix(words, " ago")
}

// short is the end of an id, enough for people to tell ids apart.
func short(v any) string {
	s := fmt.Sprint(v)
	if len(s) <= 10 {
		return s
	}
	return "…\u2060" + s[len(s)-8:] // the word joiner keeps it on one line
}

// brief is an id as a whole when it is not too long for a table, else its end.
func brief(s string) string {
	if len(s) <= 36 {
		return s
	}
	return short(s)
}

// dict gives a part of a page several values.
func dict(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return out
}

// query is a parameter of the address, trimmed.
func query(r *http.Request, name string) string { return strings.TrimSpace(r.URL.Query().Get(name)) }
