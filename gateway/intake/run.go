package intake

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// run is one file on its way through.
type run struct {
	*Intake
	file   *File
	noted  Counts // what is in the ledger of files
	now    Counts
	outs   []Outcome // since then
	step   time.Time
	shut   map[string]fhir.Issues // interchanges that are refused as a whole
	open   int                    // interchanges that are not
	last   string                 // interchange of the last unit
	broken string
}

// all goes through the units. Those that an earlier run has noted are passed over.
func (r *run) all(ctx context.Context, units iter.Seq2[Unit, error]) error {
	before, stop := iter.Pull2(r.Ledger.Outcomes(ctx, r.file.ID))
	defer stop()
	known, no := r.noted.Units, int64(0)
	for u, err := range units {
		if err == nil {
			err = r.enter(ctx, &u)
		}
		if err != nil {
			return err
		}
		if no++; no <= known {
			err = passOver(&u, before)
		} else {
			err = r.step1(ctx, &u, no)
		}
		if err != nil {
			return err
		}
		if u.Broken != "" {
			r.broken = u.Broken
			break
		}
	}
	return r.note(ctx)
}

// passOver tells a unit what became of it in an earlier run.
func passOver(u *Unit, before func() (Outcome, error, bool)) error {
	o, err, ok := before()
	if err == nil && ok && u.Settle != nil {
		u.Settle(o)
	}
	return err
}

// step1 brings one unit in and notes the progress now and then.
func (r *run) step1(ctx context.Context, u *Unit, no int64) error {
	out, err := r.one(ctx, u)
	if err != nil {
		return errors.Join(err, r.note(ctx))
	}
	out.No = no
	if u.Settle != nil {
		u.Settle(out)
	}
	r.now.add(out.Status)
	r.outs = append(r.outs, out)
	r.file.Counts = r.now
	if len(r.outs) >= stepUnits || r.Now().Sub(r.step) > stepTime {
		return r.note(ctx)
	}
	return nil
}

// enter decides about an interchange when its first unit is met: its control
// number must be new, or of the same content.
func (r *run) enter(ctx context.Context, u *Unit) error {
	if u.Exchange == "" || u.Exchange == r.last {
		return nil
	}
	r.last = u.Exchange
	ok, err := r.Ledger.Exchange(ctx, r.file.Partner, u.Exchange, r.file.SHA256)
	if err != nil {
		return err
	}
	if ok {
		r.open++
		return nil
	}
	r.shut[u.Exchange] = fhir.Issues{{Severity: fhir.Error, Code: "duplicate", Path: "ISA13", Found: "a control number that came before with other content", Allowed: "each control number once", Fix: "send it with a new control number"}}
	if u.Shut != nil {
		u.Shut()
	}
	return nil
}

// cause says why nothing of a file was taken in.
func (r *run) cause() string {
	for _, issues := range r.shut {
		return issues[0].Text()
	}
	return "found nothing in it; allowed: at least one record"
}

// one brings one unit in. An error makes going on useless now: the store is
// away, or we stop.
func (r *run) one(ctx context.Context, u *Unit) (Outcome, error) {
	out := Outcome{Place: u.Place, Status: Rejected, Issues: u.Issues}
	switch {
	case r.shut[u.Exchange] != nil:
		out.Issues = r.shut[u.Exchange]
	case u.Issues.Errors():
	case u.NoMessage:
		out.Status = Acknowledged
	case u.Ack != nil:
		if err := r.Acknowledge(ctx, r.file.Partner, u.Test, *u.Ack); err != nil {
			return r.refuse(u, out, err)
		}
		out.Status = Acknowledged
	default:
		return r.receive(ctx, u, out)
	}
	if out.Status == Rejected {
		out.Raw = u.Body
	}
	return out, nil
}

func (r *run) receive(ctx context.Context, u *Unit, out Outcome) (Outcome, error) {
	m := &gateway.Message{Partner: r.file.Partner, Channel: Channel, Kind: u.Kind, Key: u.Key, Body: u.Body, Origin: r.file.Name + " " + u.Place, Test: u.Test}
	if m.Key == "" {
		m.Key = "sha256:" + r.file.SHA256 + " " + string(u.Kind) + " " + u.Place
	}
	got, err := r.Receive(ctx, m)
	if err != nil {
		return r.refuse(u, out, err)
	}
	out.Message, out.Issues = got.Message.ID, append(out.Issues, got.Mapped.Issues...)
	switch {
	case got.State == gateway.Held:
		out.Status = Held
		if got.Fault != nil {
			out.Issues = append(got.Fault.Issues, out.Issues...)
		}
	case got.Repeat && got.Message.Origin != m.Origin:
		out.Status = Repeated
	default: // also a repeat of itself: it came in before a crash
		out.Status = Accepted
	}
	return out, nil
}

// refuse tells a unit that is wrong from a gateway that is not ready.
func (r *run) refuse(u *Unit, out Outcome, err error) (Outcome, error) {
	f := gateway.FaultOf(err)
	if f.Code == gateway.Busy || f.Code == gateway.Internal {
		return out, err
	}
	out.Status, out.Issues, out.Raw = Rejected, f.Issues, u.Body
	if len(out.Issues) == 0 {
		out.Issues = fhir.Issues{{Severity: fhir.Error, Code: "processing", Found: "a record that is refused as " + string(f.Code)}}
	}
	return out, nil
}

// note writes down what has come in since the last time, and keeps the lease.
func (r *run) note(ctx context.Context) error {
	if len(r.outs) > 0 {
		if err := r.Ledger.NoteUnits(ctx, r.file.ID, r.noted, r.now, r.outs); err != nil {
			return err
		}
	}
	r.noted, r.outs, r.step = r.now, r.outs[:0], r.Now()
	ok, err := r.Leases.Lease(ctx, "file:"+r.file.ID, r.Holder, leaseFor)
	if err == nil && !ok {
		err = gateway.ErrFenced
	}
	return err
}

// Row is the place of a row of a table or list.
func Row(n int) string { return "row " + strconv.Itoa(n) }
