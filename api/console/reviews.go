package console

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Reviews is the work queue of a payer: what waits for its decision, and how it
// decides. The gateway never does.
type Reviews interface {
	// Queue lists the requests to the payer that wait, or all of them; oldest first.
	Queue(ctx context.Context, p gateway.PartnerID, all bool, page gateway.Paging) ([]Request, string, error)
	// Request is one request to the payer, without who it is about.
	Request(ctx context.Context, p gateway.PartnerID, id string) (*Request, error)
	// Details is what the request says about the child; the look and its reason are kept.
	Details(ctx context.Context, p gateway.PartnerID, id, reason, who string) ([]Detail, error)
	// Decide sends the review through the gateway as the payer's decision. A
	// request that has changed since it was looked at is a Conflict.
	Decide(ctx context.Context, p gateway.PartnerID, r *gateway.Review) error
	// Bases are the codes of what a denial or cut may rest on, with their words.
	Bases() []Detail
}

// Request is a request with its clock.
type Request struct {
	A       *gateway.Authorization
	Clocks  []gateway.Clock
	Clock   *gateway.Clock // the one that runs; nil when none does
	State   gateway.ClockState
	Next    string // what is to be done, by whom
	Wanted  string // the information the payer waits for
	Steps   []gateway.Notice
	Filings gateway.Filings
	Filed   int64   // commit that brought the newest notice or appeal that was seen
	Events  []Event // the steps in words, and the notices that went out
}

// Asks says whether the payer waits for information from the requester.
func (r *Request) Asks() bool { return r.Wanted != "" }

// Event is a notice, an appeal or what else has a clock beside the decision's.
type Event struct {
	What    string    `json:"what"`
	Item    int       `json:"item,omitempty"`
	Appeal  string    `json:"appeal,omitempty"`
	On      string    `json:"on,omitempty"`
	At      time.Time `json:"at"`
	Due     time.Time `json:"due,omitzero"`
	Done    time.Time `json:"done,omitzero"`
	State   string    `json:"state"`
	Outcome string    `json:"outcome,omitempty"`
	Text    string    `json:"text,omitempty"`
	Late    bool      `json:"late,omitempty"`
}

// Detail is a label with its text.
type Detail struct{ Label, Text string }

// reviewsPage is the queue.
type reviewsPage struct {
	All      bool
	Requests []Request
	Older    string
}

func (c *Console) reviews(v *visit) (*answer, error) {
	all := query(v.r, "all") != ""
	list, next, err := c.Reviews.Queue(v.ctx, v.partner.ID, all, gateway.Paging{After: query(v.r, "after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	return &answer{View: "reviews", Title: "Requests for authorization", Refresh: 60, Data: reviewsPage{all, list, older(v, next)}}, nil
}

// reviewPage is one request with the forms that decide it.
type reviewPage struct {
	*Request
	Details []Detail // only after a reason
	Bases   []Detail
	Who     string
}

func (c *Console) review(v *visit) (*answer, error) {
	page, err := c.oneReview(v)
	if err != nil {
		return nil, err
	}
	return &answer{View: "review", Title: "Request " + short(page.A.ID), Data: page}, nil
}

func (c *Console) oneReview(v *visit) (*reviewPage, error) {
	r, err := c.Reviews.Request(v.ctx, v.partner.ID, v.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return &reviewPage{Request: r, Bases: c.Reviews.Bases(), Who: v.session.Who}, nil
}

// reviewDetails shows what the request says about the child, after a reason.
func (c *Console) reviewDetails(v *visit) (*answer, error) {
	page, err := c.oneReview(v)
	if err != nil {
		return nil, err
	}
	reason, err := v.reason()
	if err == nil {
		page.Details, err = c.Reviews.Details(v.ctx, v.partner.ID, page.A.ID, reason, v.session.Who)
	}
	return &answer{View: "review", Title: "Request " + short(page.A.ID), Data: page}, err
}

// decide takes the forms of the items that have an action chosen.
func (c *Console) decide(v *visit) (*answer, error) {
	id := v.r.PathValue("id")
	r, err := reviewOf(v, id)
	if err != nil {
		return nil, err
	}
	r.At = c.Now()
	return &answer{Go: inside(Path + "/reviews/" + id)}, c.Reviews.Decide(v.ctx, v.partner.ID, r)
}

func reviewOf(v *visit, id string) (*gateway.Review, error) {
	field := func(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }
	seen, err := strconv.ParseInt(field("version"), 10, 64)
	if err != nil || seen <= 0 {
		return nil, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Path: "version", Found: "no version of the request", Fix: "load the page again"})
	}
	r := &gateway.Review{Authorization: id, Seen: seen, Reviewer: field("reviewer"), Credential: field("credential"), ExtendWhy: field("extend_reason")}
	if days := field("extend_days"); days != "" {
		if r.ExtendDays, err = strconv.Atoi(days); err != nil {
			return nil, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: "extend_days", Found: "no number of days"})
		}
	}
	for _, n := range v.r.PostForm["item"] {
		sequence, err := strconv.Atoi(n)
		if err != nil {
			return nil, notHere()
		}
		at := func(name string) string { return field(name + "." + n) }
		if at("action") == "" {
			continue // left for later
		}
		r.Items = append(r.Items, gateway.ItemReview{Sequence: sequence, Action: at("action"), Number: at("number"), Units: at("units"), Unit: at("unit"),
			Start: at("start"), End: at("end"), Basis: at("basis"), ReasonCode: at("reason_code"), Reason: at("words")})
	}
	return r, nil
}
