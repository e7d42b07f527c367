package batch

import (
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Headers of a parcel that holds an X12 transaction, until it is sealed.
const (
	headerFunctional = "GS01"
	headerVersion    = "GS08"
)

// Render writes the transaction of a delivery, ST to SE.
func Render(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	return nil, gateway.Faultf("render", gateway.Unmapped, fhir.Issue{Code: "not-supported", Found: "records that no X12 transaction is written of yet",
		Allowed: "format json, csv or fhir", Fix: "choose another format for this partner"})
}

// Seal puts the interchange around a parcel: one group, one transaction.
func Seal(x *gateway.X12, p *gateway.Parcel, number int64, at time.Time, test bool) []byte {
	e := Envelope(x, number, at, test)
	e.AckAsked = x.Ack > 0
	return e.Wrap(p.Header[headerFunctional], p.Header[headerVersion], p.Body)
}
