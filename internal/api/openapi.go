package api

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/aureus-agents/aureus/internal/fault"
)

// document serves the OpenAPI document, made once. huma's own handlers make it
// lazily without a lock.
func (s *server) document() {
	doc := s.api.OpenAPI()
	asJSON, err := json.Marshal(doc)
	if err == nil {
		var b bytes.Buffer
		if err = json.Indent(&b, asJSON, "", "  "); err == nil {
			asJSON = append(b.Bytes(), '\n')
		}
	}
	if err != nil {
		panic(fault.Wrap(err, fault.Internal, "api: the OpenAPI document cannot be written"))
	}
	asYAML, err := doc.YAML()
	if err != nil {
		panic(fault.Wrap(err, fault.Internal, "api: the OpenAPI document cannot be written as YAML"))
	}
	s.serveBytes("/openapi.json", "application/vnd.oai.openapi+json;version=3.1", asJSON)
	s.serveBytes("/openapi.yaml", "application/vnd.oai.openapi;version=3.1", asYAML)
}

func (s *server) serveBytes(path, mediaType string, data []byte) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(data) // the client may be gone
	})
}
