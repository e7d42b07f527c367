package demo

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/throughline/throughline/fhir"
)

// exporter is the bulk side of a server
// (http://hl7.org/fhir/uv/bulkdata/export.html): a job is accepted, ready at the
// second look, and gone when it is deleted.
type exporter struct {
	server *FHIRServer
	mu     sync.Mutex
	jobs   map[string]*exportJob
	n      int
}

type exportJob struct {
	looks int
	files map[string][]byte // by type
	order []string
}

// serve answers kick-off, status, files and deletion.
func (x *exporter) serve(w http.ResponseWriter, req *http.Request, path, base string) bool {
	if req.Method == http.MethodGet && (path == "$export" || strings.HasSuffix(path, "/$export")) {
		if !strings.Contains(req.Header.Get("Prefer"), "respond-async") {
			refuse(w, http.StatusBadRequest, "want Prefer: respond-async")
			return true
		}
		w.Header().Set("Content-Location", base+"/export/"+x.start(req.URL.Query().Get("_type")))
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	rest, ours := strings.CutPrefix(path, "export/")
	if !ours {
		return false
	}
	id, file, _ := strings.Cut(rest, "/")
	x.mu.Lock()
	defer x.mu.Unlock()
	job := x.jobs[id]
	switch {
	case job == nil:
		refuse(w, http.StatusNotFound, "no such job")
	case req.Method == http.MethodDelete:
		delete(x.jobs, id)
		w.WriteHeader(http.StatusAccepted)
	case file != "":
		w.Header().Set("Content-Type", "application/fhir+ndjson")
		_, _ = w.Write(job.files[strings.TrimSuffix(file, ".ndjson")])
	case job.looks == 0:
		job.looks++
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusAccepted)
	default:
		answerJSON(w, x.manifest(job, base+"/export/"+id))
	}
	return true
}

// start takes a picture of what is held.
func (x *exporter) start(types string) string {
	x.server.mu.Lock()
	job := &exportJob{files: map[string][]byte{}}
	var refs []fhir.Ref
	for ref, r := range x.server.held {
		if r.body != nil && (types == "" || slices.Contains(strings.Split(types, ","), ref.Type())) {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	for _, ref := range refs {
		if _, has := job.files[ref.Type()]; !has {
			job.order = append(job.order, ref.Type())
		}
		line := bytes.ReplaceAll(x.server.stamped(ref).JSON, []byte("\n"), nil)
		job.files[ref.Type()] = append(append(job.files[ref.Type()], line...), '\n')
	}
	x.server.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.jobs == nil {
		x.jobs = map[string]*exportJob{}
	}
	x.n++
	id := strconv.Itoa(x.n)
	x.jobs[id] = job
	return id
}

func (x *exporter) manifest(job *exportJob, url string) fhir.Object {
	output := fhir.List{}
	for _, typ := range job.order {
		output = append(output, fhir.Obj("type", typ, "url", fmt.Sprintf("%s/%s.ndjson", url, typ)))
	}
	return fhir.Obj("transactionTime", x.server.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "request", url, "requiresAccessToken", true, "output", output, "error", fhir.List{})
}

// Jobs says how many exports are not deleted.
func (s *FHIRServer) Jobs() int {
	s.export.mu.Lock()
	defer s.export.mu.Unlock()
	return len(s.export.jobs)
}
