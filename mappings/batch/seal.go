package batch

import (
	"time"

	"github.com/throughline/throughline/gateway"
)

// Headers of a parcel that holds an X12 transaction, until it is sealed.
const (
	headerFunctional = "GS01"
	headerVersion    = "GS08"
)

// Seal puts the interchange around a parcel: one group, one transaction.
func Seal(x *gateway.X12, p *gateway.Parcel, number int64, at time.Time, test bool) []byte {
	e := Envelope(x, number, at, test)
	e.AckAsked = x.Ack > 0
	return e.Wrap(p.Header[headerFunctional], p.Header[headerVersion], p.Body)
}
