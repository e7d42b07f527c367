package console

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

//go:embed static templates
var files embed.FS

// Path is where the console stands below the server's root.
const Path = "/console"

// Deps is all the console needs. Flows, Desk, Reviews, Worklists, Findings, Reports, Sessions, Tokens and Partner must
// be set.
type Deps struct {
	Flows   Flows
	Desk    Desk
	Reviews Reviews

	Worklists Worklists
	Findings  Findings
	Reports   Reports
	Zone      *time.Location // of the programs' days; nil = UTC

	Sessions Sessions
	Tokens   access.Authenticator
	Partner  func(gateway.PartnerID) (*gateway.Partner, bool)
	Limiter  access.Limiter // nil = logins are not counted
	Secure   bool           // behind TLS: cookies are sent over TLS only
	Version  string
	Now      func() time.Time // nil = time.Now
	Log      *slog.Logger     // nil = slog.Default()
}

// Flows is the store as the console reads it.
type Flows interface {
	Messages(ctx context.Context, f gateway.MessageFilter, p gateway.Paging) ([]gateway.MessageStatus, string, error)
	Message(ctx context.Context, id gateway.MessageID) (*gateway.Receipt, error)
	ListDeliveries(ctx context.Context, f gateway.DeliveryFilter, p gateway.Paging) ([]gateway.DeliveryStatus, string, error)
	Lanes(ctx context.Context, f gateway.LaneFilter, p gateway.Paging) ([]gateway.LaneStatus, string, error)
	OpenDeliveries(ctx context.Context) ([]gateway.LaneCount, error)
	CountMessages(ctx context.Context, f gateway.MessageFilter) (n int, last int64, err error)
	LastSeen(ctx context.Context, p gateway.PartnerID) (*gateway.MessageStatus, error)
	Quarantined(ctx context.Context, p gateway.PartnerID, limit int) ([]gateway.Quarantined, error)
	Replays(ctx context.Context, limit int) ([]*gateway.Job, error)
	Job(ctx context.Context, id gateway.JobID) (*gateway.Job, error)
	JobNotes(ctx context.Context, id gateway.JobID) ([]gateway.Outcome, error)
}

// Desk is what a person can do, each act audited under Who.
type Desk interface {
	// Act does one thing to one delivery or message: redeliver, skip, hold, discard.
	Act(ctx context.Context, act, id, reason, who string) error
	// Preview counts what a replay selects and tries the first of it.
	Preview(ctx context.Context, j *gateway.Job) (gateway.Summary, []gateway.Outcome, error)
	// StartReplay keeps the replay, so that it runs.
	StartReplay(ctx context.Context, j *gateway.Job) error
	MoveJob(ctx context.Context, id gateway.JobID, to gateway.JobState, reason, who string) error
	// Body gives a message as it was received; the look and its reason are kept.
	Body(ctx context.Context, id gateway.MessageID, reason, who string) ([]byte, error)
	// Trail is what the audit trail knows about one message.
	Trail(ctx context.Context, id gateway.MessageID) ([]Step, error)
	Partners(ctx context.Context) []*gateway.Partner
	Breakers() map[gateway.PartnerID]string
	Schedules(ctx context.Context) ([]Schedule, error)
	RunNow(ctx context.Context, schedule, reason, who string) error
	// Night is the latest published run; nil when there is none.
	Night(ctx context.Context) (*Night, error)
	// Report is its page.
	Report(ctx context.Context, asOf string) ([]byte, error)
	// SelfTest tries a partner's wires with test data; nothing goes into live data.
	SelfTest(ctx context.Context, p gateway.PartnerID) ([]gateway.TestStep, error)
}

// Step is one event of a timeline.
type Step struct {
	At    time.Time
	What  string
	Text  string
	Alarm bool
}

// Schedule is a clock-driven job, or a poll of a partner, with its last and its
// next time.
type Schedule struct {
	Name, Job, Times, Zone string
	Poll                   bool   // not run by the clock's slots
	Missed                 string // what it does about missed slots, in words
	Last, State, Result    string
	Took                   time.Duration
	Next                   string
	Progress               *gateway.Progress // of a run at work; nil = nothing is known
	Runs                   []ScheduleRun     // newest first
}

// ScheduleRun is one run of a schedule.
type ScheduleRun struct {
	Slot, State, Result string
	Took                time.Duration
	Tries               int
}

// Night is the result of a reconciliation.
type Night struct {
	AsOf, Run, Rules string
	Children, Lines  int64
	Verdicts         []Verdict
	Approved, Used   int64 // units
	Expiring, Under  int64 // authorizations
	Report           bool  // its page is on this machine
}

// Verdict is a line of the night's table.
type Verdict struct {
	Name           string
	Lines, Matched int64
}

// Console serves the pages.
type Console struct {
	Deps
	pages []page
	views map[string]*view
}

// New puts the console together.
func New(d Deps) (http.Handler, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	c := &Console{Deps: d}
	c.pages = c.all()
	var err error
	if c.views, err = parse(); err != nil {
		return nil, err
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, p := range c.pages {
		mux.HandleFunc(p.Pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, p) })
	}
	assets := http.StripPrefix(Path+"/static/", http.FileServerFS(static))
	mux.HandleFunc("GET "+Path+"/static/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		assets.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET "+Path+"/login", c.loginForm)
	mux.HandleFunc("POST "+Path+"/login", c.login)
	mux.HandleFunc("POST "+Path+"/logout", func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, page{Rule: access.Anyone(), Do: c.logout}) })
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, Path+"/", http.StatusSeeOther) })
	mux.HandleFunc(Path+"/", func(w http.ResponseWriter, r *http.Request) {
		c.serve(w, r, page{Rule: access.Anyone(), Do: func(*visit) (*answer, error) { return nil, notHere() }})
	})
	return guarded(mux), nil
}
