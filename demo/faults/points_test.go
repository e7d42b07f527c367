package faults

import (
	"context"
	"os"
	"sync/atomic"

	"modernc.org/sqlite"

	"github.com/throughline/throughline/gateway"
)

// crashed is the exit code of a process that ended itself at a point.
const crashed = 77

// armed is the point at which this process ends itself; inCommit says that the
// way in is inside Commit, so that a COMMIT of the way out is not taken for it.
var (
	armed    atomic.Pointer[string]
	inCommit atomic.Bool
)

func at(point string) bool { p := armed.Load(); return p != nil && *p == point }

// crash ends the process here if it is armed for the point: nothing deferred
// runs, no connection says goodbye.
func crash(point string) {
	if at(point) {
		os.Exit(crashed)
	}
}

// crashDedup, crashLedger and the others are the ports of the gateway with the
// points of protocol.md between their calls.
type crashDedup struct{ gateway.Deduper }

func (d crashDedup) Recall(ctx context.Context, p gateway.PartnerID, key string) (gateway.MessageID, bool) {
	crash("before recall")
	return d.Deduper.Recall(ctx, p, key)
}

func (d crashDedup) Remember(ctx context.Context, p gateway.PartnerID, key string, id gateway.MessageID) {
	crash("before remember")
	d.Deduper.Remember(ctx, p, key, id)
}

type crashLedger struct{ gateway.Ledger }

func (l crashLedger) Commit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	crash("before commit")
	inCommit.Store(true)
	out, err := l.Ledger.Commit(ctx, r)
	inCommit.Store(false)
	if err == nil {
		crash("after commit")
	}
	return out, err
}

// crashReply is inside the transaction: the answer is worded there.
func crashReply(r *gateway.Receipt) *gateway.Answer {
	crash("in the transaction")
	return reply(r)
}

// hookCommit lets SQLite's COMMIT end the process: all is written to the
// transaction, nothing is durable.
func hookCommit() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		if h, ok := conn.(sqlite.HookRegisterer); ok {
			h.RegisterCommitHook(func() int32 {
				if inCommit.Load() {
					crash("at COMMIT")
				}
				return 0
			})
		}
		return nil
	})
}

type crashRouting struct{ gateway.Routing }

func (r crashRouting) AddDeliveries(ctx context.Context, plans []gateway.Plan, callers map[gateway.PartnerID]gateway.Caller) (int, error) {
	if len(plans) > 0 {
		crash("before plan")
	}
	n, err := r.Routing.AddDeliveries(ctx, plans, callers)
	if n > 0 {
		crash("after plan")
	}
	return n, err
}

type crashOutbox struct{ gateway.Outbox }

func (o crashOutbox) Head(ctx context.Context, l gateway.Lane, c gateway.Caller, holder string) (*gateway.Delivery, error) {
	d, err := o.Outbox.Head(ctx, l, c, holder)
	if d != nil {
		crash("leased")
	}
	return d, err
}

func (o crashOutbox) Settle(ctx context.Context, d *gateway.Delivery, a gateway.Attempt) error {
	crash("before settle")
	err := o.Outbox.Settle(ctx, d, a)
	crash("after settle")
	return err
}

type crashWire struct{ gateway.Sender }

func (w crashWire) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	remote, err := w.Sender.Send(ctx, p)
	crash("sent")
	return remote, err
}

// settledFirst is the control of the way out: it settles before it sends.
type settledFirst struct{ gateway.Outbox }

func (o settledFirst) Head(ctx context.Context, l gateway.Lane, c gateway.Caller, holder string) (*gateway.Delivery, error) {
	d, err := o.Outbox.Head(ctx, l, c, holder)
	if d != nil {
		err = o.Outbox.Settle(ctx, d, gateway.Attempt{At: d.FirstAt})
		crash("leased")
	}
	return d, err
}

func (o settledFirst) Settle(context.Context, *gateway.Delivery, gateway.Attempt) error { return nil }
