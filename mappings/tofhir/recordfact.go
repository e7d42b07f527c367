package tofhir

import (
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// keep adds the record itself, whole, where the rules of programs look at it.
func (k *maker) keep(r record.Record) {
	if slices.Contains(record.Kept, r.Name()) {
		k.out.Facts.Records = append(k.out.Facts.Records, gateway.RecordFact{Member: k.member, Record: gateway.Record{
			Kind: r.Name(), ID: r.ID(), Received: ledger.StampOf(k.message.Received), Body: record.JSON(r)}})
	}
}
