package files

import (
	"bytes"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/record"
)

// Render makes the file of a delivery in the format of the endpoint. Its name
// is made of the delivery's key alone, so it says nothing about a person and is
// the same on every try. x12 writes the transaction of format "x12", without
// its envelope.
func Render(x12 gateway.Rendering) gateway.Rendering {
	return func(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
		if len(d.Items) == 0 {
			return nil, cannot(gateway.Invalid, "a delivery with nothing in it", "at least one record")
		}
		switch p.Deliver.Format {
		case "x12":
			parcel, err := x12(d, p)
			if err != nil {
				return nil, err
			}
			parcel.Delivery, parcel.Key, parcel.Path = d.ID, d.Key, d.Key+".x12"
			return parcel, nil
		case "fhir":
			return parcelOf(d, "json", collection(d), len(d.Items)), nil
		case "csv":
			return table(d)
		}
		return list(d)
	}
}

func parcelOf(d *gateway.Delivery, ext string, body []byte, n int) *gateway.Parcel {
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "files", Path: d.Key + "." + ext, Body: body, Header: map[string]string{"Records": strconv.Itoa(n)}}
}

func cannot(code gateway.Code, found, allowed string) error {
	return gateway.Faultf("render", code, fhir.Issue{Code: "not-supported", Found: found, Allowed: allowed, Fix: "choose another format for this partner, or skip the delivery"})
}

// collection is the resources as a FHIR Bundle; a deletion names what is gone.
func collection(d *gateway.Delivery) []byte {
	entries := make(fhir.List, 0, len(d.Items))
	for i, it := range d.Items {
		ref := string(fhir.NewRef(it.Type, it.ID))
		if r := d.Resources[i]; r != nil {
			entries = append(entries, fhir.Obj("fullUrl", "urn:throughline:"+ref, "resource", r, "request", fhir.Obj("method", "PUT", "url", ref)))
		} else {
			entries = append(entries, fhir.Obj("request", fhir.Obj("method", "DELETE", "url", ref)))
		}
	}
	return fhir.Obj("resourceType", "Bundle", "type", "transaction", "entry", entries).JSON()
}

// records are the records that the resources of a delivery make up. What a
// record has no place for is left out, as docs/mappings says; a deletion has no
// record at all.
func records(d *gateway.Delivery) ([]record.Record, error) {
	var rs []*fhir.Resource
	for _, r := range d.Resources {
		if r == nil {
			return nil, cannot(gateway.NotSupported, "a deletion", "format fhir, which can say it")
		}
		parsed, issues := fhir.Parse(r.JSON, fhir.Limits{})
		if parsed == nil {
			return nil, &gateway.Fault{Op: "render", Code: gateway.Internal, Issues: issues}
		}
		rs = append(rs, parsed)
	}
	var out []record.Record
	for _, name := range record.Names {
		from := mappings.Catalogue[gateway.Kind("json/"+name)].From
		if from == nil {
			continue
		}
		if rec, _ := from(rs); rec != nil {
			out = append(out, rec)
		}
	}
	if len(out) == 0 {
		return nil, cannot(gateway.Unmapped, "resources that make up no record", "the resources of docs/mappings")
	}
	return out, nil
}

// list is the records as JSON, as /v1/messages takes them.
func list(d *gateway.Delivery) (*gateway.Parcel, error) {
	recs, err := records(d)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`{"records": [`)
	for i, rec := range recs {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(record.JSON(rec))
	}
	b.WriteString("]}\n")
	return parcelOf(d, "json", b.Bytes(), len(recs)), nil
}

// table is the one kind of record of a delivery as CSV.
func table(d *gateway.Delivery) (*gateway.Parcel, error) {
	recs, err := records(d)
	if err != nil {
		return nil, err
	}
	body := csv.Header(recs[0].Name())
	for _, rec := range recs {
		if rec.Name() != recs[0].Name() {
			return nil, cannot(gateway.NotSupported, "two kinds of record in one delivery", "format json or fhir, which hold both")
		}
		body = append(body, csv.Rows(rec)...)
	}
	return parcelOf(d, "csv", body, bytes.Count(body, []byte("\n"))-1), nil
}
