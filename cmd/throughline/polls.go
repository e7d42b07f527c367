package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/throughline/throughline/gateway"
)

// lookedAt keeps what became of looks at a feed that has no place of its own.
func (a *App) lookedAt(p gateway.PartnerID, feed string) func(context.Context, gateway.FeedLook) {
	return func(ctx context.Context, look gateway.FeedLook) {
		text, err := json.Marshal(look)
		if err == nil {
			err = a.Store.Keep(ctx, p, feed, string(text))
		}
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("feed", "op", "pickup", "partner", string(p), "code", string(gateway.FaultOf(err).Code))
		}
	}
}

// polled is what the place of any feed says of its looks.
type polled struct {
	gateway.FeedLook
	Page    string            `json:"page"`    // of a look under way
	Status  string            `json:"status"`  // of a pull under way
	Started time.Time         `json:"started"` // of a pull
	Files   []json.RawMessage `json:"files"`
	At      int64             `json:"at"`
}

// polls are what is asked of partners again and again: resources of their FHIR
// servers, pulls in bulk, folders.
func (a *App) polls(ctx context.Context) (out []scheduleView, err error) {
	add := func(p *gateway.Partner, job, what, feed string, every time.Duration) {
		if err != nil {
			return
		}
		var one scheduleView
		if one, err = a.poll(ctx, p, feed, every); err == nil {
			one.Name, one.Job = string(p.ID)+": "+what, job
			out = append(out, one)
		}
	}
	for _, p := range a.partners() {
		if p.Poll != nil && p.Deliver != nil {
			for _, typ := range p.Poll.Types {
				add(p, "poll", typ, gateway.PollFeed(typ), p.Poll.Every)
			}
		}
		if p.Export != nil && p.Deliver != nil {
			add(p, "bulk export", p.Export.Level, gateway.ExportFeed, p.Export.Every)
		}
		for _, from := range p.Receive {
			add(p, from.Wire, from.Path, gateway.PickupFeed(from.Path), from.Poll)
		}
	}
	return out, err
}

func (a *App) poll(ctx context.Context, p *gateway.Partner, feed string, every time.Duration) (scheduleView, error) {
	zone := zoneOf(p)
	out := scheduleView{Times: "every " + every.String(), Zone: zone.String()}
	text, err := a.Store.Place(ctx, p.ID, feed)
	if err != nil || text == "" {
		return out, err
	}
	var at polled
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return out, err
	}
	last := at.Looked
	if at.Fault != "" {
		last = at.Tried
	}
	if !last.IsZero() {
		out.Last, out.Next = onWall(last, zone), onWall(last.Add(every), zone)
		out.State, out.Result, out.Finished = "done", fmt.Sprintf("%d taken in", at.Found), when(last)
	}
	if at.Status != "" || at.Page != "" { // under way
		out.State, out.Next = "running", ""
		out.Progress = &gateway.Progress{Step: "asking", Done: at.At, Total: int64(len(at.Files)), Unit: "files", Rows: at.Found, Of: "resources"}
	}
	if at.Fault != "" {
		out.State, out.Result, out.Next = "failed", at.Fault, "" // it is tried again within a minute, or when the partner says
	}
	if !at.Started.IsZero() && at.Fault == "" && at.Status == "" {
		out.Next = onWall(at.Started.Add(every), zone)
	}
	return out, nil
}

func onWall(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04") }
