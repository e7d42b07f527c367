package fhirrest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/gateway"
)

func (o *office) exporter() *fhirrest.Exporter {
	o.t.Helper()
	p := partner(o.url + "/fhir")
	p.Deliver.Token = ""
	p.Poll = &gateway.Poll{Every: time.Hour}
	p.Export = &gateway.Export{Level: "group", Group: "g1", Types: []string{"Task"}, Every: 24 * time.Hour}
	x, err := fhirrest.NewExporter(p, fhirrest.Options{Now: func() time.Time { return o.now }}, o.desk, o.desk, o.desk, "i1")
	if err != nil {
		o.t.Fatal(err)
	}
	return x
}

// steps takes the steps of a pull until it waits for the next one.
func (o *office) steps(x *fhirrest.Exporter) error {
	o.t.Helper()
	for range 20 {
		wait, err := x.Once(context.Background())
		if err != nil {
			return err
		}
		if wait > time.Hour {
			return nil
		}
		o.now = o.now.Add(wait)
	}
	o.t.Fatal("no end")
	return nil
}

// A pull that is cut off in the middle of a file goes on behind the last line
// that went in, in another process too; at its end the server may forget it, and
// the next one comes a day later.
func TestExportResumesInTheFile(t *testing.T) {
	o := newOffice(t, nil)
	o.put(1, 12)
	n := 0
	o.refuse = func(*gateway.Message) error {
		if n++; n == 7 {
			return &gateway.Fault{Op: "commit", Code: gateway.Busy, Err: errors.New("away")}
		}
		return nil
	}
	if err := o.steps(o.exporter()); err == nil {
		t.Fatal("it was not cut off")
	}
	if err := o.steps(o.exporter()); err != nil {
		t.Fatal(err)
	}
	if len(o.in) != 12 {
		t.Errorf("%d came: %v", len(o.in), o.in)
	}
	for key, times := range o.in {
		if times != 1 {
			t.Errorf("%s came %d times", key, times)
		}
	}
	if o.server.Jobs() != 0 {
		t.Error("the server still keeps the job")
	}
	o.now = o.now.Add(25 * time.Hour)
	if err := o.steps(o.exporter()); err != nil {
		t.Fatal(err)
	}
}
