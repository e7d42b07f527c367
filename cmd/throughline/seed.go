package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
)

// seed fills the demonstration with its synthetic week, by the front door: a
// second start changes nothing.
func (c *cli) seed(ctx context.Context, a *App, children int) (*demo.Summary, error) {
	p := c.progress("synthetic week")
	sum, err := demo.Seed(ctx, demoDoor{a}, demo.Options{Today: time.Now().In(a.Config.Rules.Zone), Children: children,
		Progress: func(done, total int) { p.at(int64(done), int64(total)) }})
	p.end()
	return sum, err
}

// demoDoor is the gateway's receiver and the bulk door, as the demonstration
// knows them.
type demoDoor struct{ app *App }

// Receive takes one message in.
func (d demoDoor) Receive(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return d.app.Gateway.Receive(ctx, m, acknowledged)
}

// acknowledged is the answer to a message that nobody waits for.
func acknowledged(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} }

// Recall finds the receipt of a message with the same key.
func (d demoDoor) Recall(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	return d.app.Store.Recall(ctx, m)
}

// Import takes a table in by the bulk door.
func (d demoDoor) Import(ctx context.Context, id gateway.PartnerID, kind, name string, file io.Reader) error {
	p, err := d.app.known(string(id))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	in, err := newBulk(p, d.app.Config.Rules.Zone, kind, name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer in.close()
	done, err := in.apply(ctx, d.app)
	if err == nil && done.Bad > 0 {
		err = fmt.Errorf("%d bad rows in %s", done.Bad, name)
	}
	return err
}
