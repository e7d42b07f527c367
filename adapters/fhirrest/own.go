package fhirrest

import (
	"context"
	"slices"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// afterSends waits until the deliveries to the partner that are under way now have
// ended. Between the partner's answer and our note of it there is a moment in which
// a version of ours looks like one of theirs; whatever was read from the partner
// before is, after it, noted as ours or is theirs. Deliveries that begin meanwhile
// are not waited for.
func afterSends(ctx context.Context, f Feeds, p gateway.PartnerID) error {
	ctx, cancel := context.WithTimeout(ctx, gateway.LeaseFor)
	defer cancel()
	before, err := f.Sending(ctx, p)
	for now := before; err == nil && len(now) > 0; {
		select {
		case <-ctx.Done():
			return gateway.Faultf("poll", gateway.Busy, fhir.Issue{Code: "transient", Found: "a delivery to the partner is under way for long", Fix: "nothing: it is looked for again"})
		case <-time.After(20 * time.Millisecond): // it may end in another process
		}
		if now, err = f.Sending(ctx, p); err == nil {
			now = slices.DeleteFunc(now, func(d string) bool { return !slices.Contains(before, d) })
		}
	}
	return err
}

// written says that the version is one that we wrote ourselves.
func written(r *fhir.Resource, known map[fhir.Ref]gateway.Remote) bool {
	version := r.Get("meta", "versionId").Text()
	at, ok := known[r.Ref()]
	return ok && version != "" && at.Version == version
}
