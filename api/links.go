package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/throughline/throughline/gateway"
)

// Links are the one-time links of receivers without a system.
type Links interface {
	// Open gives what a page shows. An error is a fault: NotFound for whatever is
	// no link, Gone for one that was used, has ended, or whose referral moved on.
	Open(ctx context.Context, token string) (*Referral, error)
	// Answer sets one of the moves and gives the token of the link that follows,
	// empty when nothing is left to answer.
	Answer(ctx context.Context, token string, a LinkAnswer) (next string, err error)
}

// Referral is the least that an answer needs; nobody is named in it but the
// organization that asks.
type Referral struct {
	Service, Reason, Requester, Requested, Deadline, Priority, Status string
	NoContact                                                         bool
	Moves                                                             []string // accept, decline, complete
}

// LinkAnswer is what was sent with the page's form.
type LinkAnswer struct {
	Move string // accept, decline, complete
	Text string // reason or outcome
}

//go:embed link.html
var linkHTML string

var linkPage = template.Must(template.New("link").Parse(linkHTML))

// linkStyle is the one style of the page; the policy allows it by its hash.
const linkStyle = "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}dt{font-weight:bold}textarea{width:100%}button{font:inherit;padding:.5rem 1rem}fieldset{margin:1rem 0}"

// linkBody bounds a form, linkRate the requests a minute from one address.
const (
	linkBody = 16 << 10
	linkRate = 30
)

// linkShow is what the page is made of.
type linkShow struct {
	Referral *Referral
	Notice   string
	Style    template.CSS
	Done     bool
}

// serveLinks registers the pages. They are open: the token is the right. Looking
// changes nothing, so a mail program that opens the address ahead of its reader
// does no harm; only the form's POST answers.
func (a *API) serveLinks(e *gin.Engine) {
	if a.Links == nil {
		return
	}
	e.GET("/r/:token", a.linked(a.showLink))
	e.POST("/r/:token", a.linked(a.answerLink))
}

func (a *API) linked(do func(*gin.Context)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.MustGet(keyNote).(*note).op = "link"
		sum := sha256.Sum256([]byte(linkStyle))
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("X-Frame-Options", "DENY")
		if a.Guard.Limiter != nil {
			if ok, retry := a.Guard.Limiter.Allow(c.Request.Context(), gateway.PartnerID("link:"+hostOf(c.Request.RemoteAddr)), linkRate); !ok {
				h.Set("Retry-After", seconds(retry))
				page(c, http.StatusTooManyRequests, linkShow{Notice: "Too many requests. Please wait a minute and try again."})
				return
			}
		}
		do(c)
	}
}

// hostOf is the address without its port: of the connection, no header is believed.
func hostOf(remote string) string {
	if at, err := netip.ParseAddrPort(remote); err == nil {
		return at.Addr().Unmap().String()
	}
	return "unknown"
}

func page(c *gin.Context, status int, show linkShow) {
	var b bytes.Buffer
	show.Style = template.CSS(linkStyle) //nolint:gosec // our own constant
	if err := linkPage.Execute(&b, show); err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}

func (a *API) showLink(c *gin.Context) {
	r, err := a.Links.Open(c.Request.Context(), c.Param("token"))
	if err != nil {
		a.linkFault(c, err)
		return
	}
	show := linkShow{Referral: r}
	if len(r.Moves) == 0 {
		show.Notice, show.Done = "Nothing is left to answer. Thank you.", true
	}
	page(c, http.StatusOK, show)
}

func (a *API) answerLink(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, linkBody)
	if err := c.Request.ParseForm(); err != nil {
		page(c, http.StatusBadRequest, linkShow{Notice: "The form could not be read. Please go back and try again."})
		return
	}
	answer := LinkAnswer{Move: c.PostForm("move"), Text: strings.TrimSpace(c.PostForm(c.PostForm("move") + "_text"))}
	next, err := a.Links.Answer(c.Request.Context(), c.Param("token"), answer)
	switch f := gateway.FaultOf(err); {
	case err != nil && f.Code == gateway.Invalid:
		r, again := a.Links.Open(c.Request.Context(), c.Param("token"))
		if again != nil {
			a.linkFault(c, again)
			return
		}
		page(c, http.StatusUnprocessableEntity, linkShow{Referral: r, Notice: f.Issues[0].Fix})
	case err != nil:
		a.linkFault(c, err)
	case next == "":
		page(c, http.StatusOK, linkShow{Notice: "Your answer has been recorded. Thank you.", Done: true})
	default:
		c.Redirect(http.StatusSeeOther, "/r/"+next)
	}
}

// linkFault words a fault for somebody without a system. Links that never were
// and links that are over look as they are; why they are over is no secret to
// who has the address.
func (a *API) linkFault(c *gin.Context, err error) {
	var wait *gateway.Wait
	switch f := gateway.FaultOf(err); f.Code {
	case gateway.NotFound, gateway.Denied:
		page(c, http.StatusNotFound, linkShow{Notice: "This address is not valid. Please check it, or ask whoever sent it."})
	case gateway.Gone, gateway.Conflict, gateway.Mismatch:
		page(c, http.StatusGone, linkShow{Notice: "This link has been used, has expired, or the referral has changed since. Please ask whoever sent it for a new one."})
	default:
		if errors.As(err, &wait) {
			c.Writer.Header().Set("Retry-After", seconds(wait.For))
		}
		a.Log.Warn("fault", "op", "link", "code", string(f.Code))
		page(c, http.StatusServiceUnavailable, linkShow{Notice: "Your answer was not recorded. Please try again in a minute."})
	}
}
