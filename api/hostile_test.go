package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// F30: what is not strict JSON is refused with 400 and never stored altered.
func TestHostileJSON(t *testing.T) {
	w := newWorld(t)
	patientWith := func(s string) string { return `{"resourceType":"Patient","name":[{"family":"` + s + `"}]}` }
	var keys strings.Builder
	keys.WriteString(`{"resourceType":"Patient"`)
	for i := range 200_000 {
		fmt.Fprintf(&keys, `,"k%d":0`, i)
	}
	keys.WriteString("}")
	for name, body := range map[string]string{
		"deep":              `{"resourceType":"Patient","extension":` + strings.Repeat(`[{"extension":`, 10_000) + `1` + strings.Repeat(`}]`, 10_000) + `}`,
		"many keys":         keys.String(),
		"repeated key":      `{"resourceType":"Patient","gender":"male","gender":"female"}`,
		"bad UTF-8":         patientWith("\xff\xfe"),
		"lone surrogate":    patientWith(`\ud800`),
		"byte order mark":   "\xef\xbb\xbf" + patientWith("x"),
		"NUL":               patientWith("a\x00b"),
		"two values":        patientWith("x") + patientWith("y"),
		"many entries":      `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Repeat("{},", 5000) + `{}]}`,
		"array":             `[` + patientWith("x") + `]`,
		"NaN":               `{"resourceType":"Patient","multipleBirthInteger":NaN}`,
		"trailing comma":    `{"resourceType":"Patient",}`,
		"unknown type":      `{"resourceType":"Patience"}`,
		"no type":           `{"name":[]}`,
		"type is no string": `{"resourceType":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			path := "/fhir/Patient"
			if name == "many entries" {
				path = "/fhir/Bundle"
			}
			res := w.want(400, request{as: "clinic-a", method: "POST", path: path, body: body})
			if strings.Contains(res.body, "\xff") {
				t.Error("the answer repeats bad bytes")
			}
			if path == "/fhir/Patient" {
				w.v1(400, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body, header: map[string]string{"Content-Type": "application/fhir+json"}})
			}
		})
	}
	w.t = t
	if n := w.count("clinic-a", "Patient"); n != 0 {
		t.Errorf("%d patients were stored", n)
	}
}

// F29: neither an endless body nor a bomb costs memory.
func TestEndlessBodies(t *testing.T) {
	w := newWorld(t)
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(zip, zeros{}, 128<<20); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body     io.Reader
		encoding string
	}{
		"1 GB, length not told": {io.LimitReader(zeros{}, 1<<30), ""},
		"gzip bomb":             {&bomb, "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			req, err := http.NewRequest("POST", w.base+"/fhir/Patient", c.body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token("clinic-a"))
			req.Header.Set("Content-Type", "application/fhir+json")
			req.Header.Set("Content-Encoding", c.encoding)
			res, err := client.Do(req)
			if err != nil {
				return // the server hung up while we were still sending: as good
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d: %s", res.StatusCode, body)
			}
			response{res, string(body)}.explains(t, request{path: "/fhir/Patient"})
			if more := heap() - before; more > 64<<20 {
				t.Errorf("%d MB more", more>>20)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys)
}

// A packed body is unpacked, and is the same message as the plain one.
func TestGzip(t *testing.T) {
	w := newWorld(t)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := io.WriteString(zip, patient("m-1")); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	first := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: packed.String(), header: map[string]string{"Content-Encoding": "gzip"}})
	again := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-1")})
	if again.Header.Get("Idempotent-Replayed") != "true" || again.body != first.body {
		t.Errorf("%v", again.Header)
	}
}

// F28: who never ends its header is cut off.
func TestSlowHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the header timeout of 5 s")
	}
	t.Parallel()
	w := newWorld(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

// F40: neither bodies, names, ids of members nor queries reach the log.
func TestNoPersonInTheLog(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("canary-77"))
	w.do(request{as: "clinic-a", method: "GET", path: "/fhir/" + ref})
	w.do(request{as: "clinic-a", method: "GET", path: "/fhir/Patient?name=canary-77&identifier=canary-77"})
	w.do(request{as: "clinic-a", method: "GET", path: "/fhir/canary-77/canary-77"})
	w.do(request{as: "clinic-a", method: "GET", path: "/v1/authorizations/check?member_id=canary-77"})
	w.do(request{as: "clinic-a", method: "GET", path: "/v1/messages/canary-77", header: map[string]string{"X-Request-Id": "canary-77"}})
	w.do(request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: `{"resourceType":"Patient","birthDate":"canary-77"}`})
	w.do(request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: `{"resourceType":"canary-77"}`})
	w.do(request{as: "clinic-a", method: "POST", path: "/v1/messages", body: `{"record":"canary-77"}`, header: map[string]string{"Content-Type": "application/json"}})
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if log := w.log.String(); strings.Contains(log, "canary-77") || strings.Contains(log, token("clinic-a")) || !strings.Contains(log, `"partner":"clinic-a"`) {
		t.Errorf("%s", log)
	}
}
