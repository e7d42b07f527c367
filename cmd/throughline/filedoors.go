package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/throughline/throughline/adapters/files"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/batch"
	"github.com/throughline/throughline/mappings/x12"
	"github.com/throughline/throughline/store"
)

// intake takes files in, whatever wire they come by. Test traffic in them goes
// to the world of tests.
func (a *App) intake() *intake.Intake {
	return &intake.Intake{Ledger: a.Store, Leases: a.Store, Receive: a.receiver(), Partners: a.partner, Format: batch.Of, Detect: batch.Detect,
		Acknowledge: a.acknowledge, CaseOf: a.caseOf, Holder: a.name, Now: time.Now}
}

// caseOf is what the ledger knows of a member, as far as the partner may know it.
func (a *App) caseOf(ctx context.Context, p gateway.PartnerID, test bool, member gateway.Identifier) (*ledger.Case, error) {
	return a.world(test).Store.CaseOf(ctx, a.caller(p), member)
}

// acknowledge settles what we sent to a partner by its own word, and wakes the
// lane that waited for it.
func (a *App) acknowledge(ctx context.Context, p gateway.PartnerID, test bool, w intake.Word) error {
	world := a.world(test)
	if err := world.Store.Acknowledge(ctx, p, w.Number, w.Fault); err != nil {
		return err
	}
	world.Hints.Wake(ctx, gateway.TopicDrain(p))
	return nil
}

// pickups watch the folders of the partners.
func (a *App) pickups() []gateway.Service {
	var out []gateway.Service
	in := a.intake()
	for _, p := range a.partners() {
		for _, from := range p.Receive {
			out = append(out, &files.Pickup{Partner: p.ID, From: from, Intake: in, Acks: a.Store, Now: time.Now, Log: a.Log, Looked: a.lookedAt(p.ID, gateway.PickupFeed(from.Path))})
		}
	}
	return out
}

// fileWire puts deliveries into a partner's folder.
func (a *App) fileWire() gateway.Wire {
	return gateway.Wire{Render: files.Render(x12.Render), Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		var seal files.Sealer
		if p.Deliver.Format == "x12" {
			seal = a.sealer(p)
		}
		return files.New(p, seal)
	}}
}

// sealer puts an interchange around each parcel: its control numbers and its
// time are those of the first try, also after a crash.
func (a *App) sealer(p *gateway.Partner) files.Sealer {
	return func(ctx context.Context, parcel *gateway.Parcel) ([]byte, error) {
		number, at, err := a.Store.Control(ctx, p.ID, parcel.Delivery)
		if err != nil {
			return nil, err
		}
		return batch.Seal(p.X12, parcel, number, at.In(zoneOf(p)), a.Test || p.X12.Usage == "T"), nil
	}
}

func zoneOf(p *gateway.Partner) *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.UTC
}

// fileDoor is the door of files that come by HTTP.
type fileDoor struct {
	*files.Uploads
	*store.Store
	in *intake.Intake
}

// Answers are what the sender of a closed file gets.
func (d fileDoor) Answers(ctx context.Context, f *intake.File, acks []intake.Ack) []intake.Answer {
	return d.in.Answers(ctx, f, acks)
}

// uploads takes files in that come by HTTP; each world has its own folder.
func (a *App) uploads() fileDoor {
	dir := "uploads"
	if a.Test {
		dir = "uploads-test"
	}
	in := a.intake()
	return fileDoor{in: in, Store: a.Store, Uploads: &files.Uploads{Dir: filepath.Join(a.Config.Store.DataDir, dir), Intake: in, Open: a.Store,
		Max: a.Config.Server.Limits.FileBytes, Log: a.Log}}
}
