package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/aureus-agents/aureus/internal/fault"
)

// document serves the OpenAPI document. Each form is written once, when it is
// first asked for: it takes longer than everything else at the server's start.
// huma's own handlers do so without a lock.
func (s *server) document() {
	doc := s.api.OpenAPI()
	withComments := sync.OnceFunc(func() { describe(doc.Components.Schemas) })
	s.serveOnce("/openapi.json", "application/vnd.oai.openapi+json;version=3.1", func() ([]byte, error) {
		withComments()
		data, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := json.Indent(&b, data, "", "  "); err != nil {
			return nil, err
		}
		return append(b.Bytes(), '\n'), nil
	})
	s.serveOnce("/openapi.yaml", "application/vnd.oai.openapi;version=3.1", func() ([]byte, error) {
		withComments()
		return doc.YAML()
	})
}

func (s *server) serveOnce(path, mediaType string, make func() ([]byte, error)) {
	once := sync.OnceValues(make)
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		data, err := once()
		if err != nil {
			writeProblem(w, r, fault.Wrap(err, fault.Internal, "the OpenAPI document cannot be written"))
			return
		}
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(data) // the client may be gone
	})
}
