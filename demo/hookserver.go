package demo

import (
	"io"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/adapters/webhook"
)

// HookServer is a partner's webhook receiver: it checks the signature, takes
// every webhook-id once, and remembers which records it was told of.
type HookServer struct {
	receiver
	secrets [][]byte
}

// NewHookServer makes one that knows the secrets; those that are none it leaves
// out, and so refuses what they sign.
func NewHookServer(secrets []string) *HookServer {
	s := &HookServer{receiver: newReceiver()}
	for _, text := range secrets {
		if secret, err := webhook.Secret(text); err == nil {
			s.secrets = append(s.secrets, secret)
		}
	}
	return s
}

// ServeHTTP answers one post.
func (s *HookServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<20))
	if err != nil || req.Method != http.MethodPost {
		refuse(w, http.StatusBadRequest, "want a short POST")
		return
	}
	behave := s.next()
	id := req.Header.Get(webhook.HeaderID)
	if s.fail(w, req, behave, id) {
		return
	}
	if !webhook.Verify(s.secrets, id, req.Header.Get(webhook.HeaderTimestamp), req.Header.Get(webhook.HeaderSignature), body, s.Now()) {
		refuse(w, http.StatusUnauthorized, "the signature is not of a secret we share, or too old")
		return
	}
	refs, ok := recordsOf(body)
	if !ok {
		refuse(w, http.StatusBadRequest, "not a payload we know")
		return
	}
	s.mu.Lock()
	_, seen := s.applied[id]
	s.applied[id] = http.StatusNoContent
	s.note(Arrival{Key: id, Refs: refs, Applied: !seen, Repeat: seen})
	s.mu.Unlock()
	if behave.Drop {
		drop(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// recordsOf reads the references of a payload.
func recordsOf(body []byte) (refs []string, ok bool) {
	var payload struct {
		Type string `json:"type"`
		Data struct {
			Records []struct {
				Type string `json:"type"`
				ID   string `json:"id"`
			} `json:"records"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &payload); err != nil || payload.Type != webhook.EventType {
		return nil, false
	}
	for _, r := range payload.Data.Records {
		refs = append(refs, r.Type+"/"+r.ID)
	}
	return refs, true
}
