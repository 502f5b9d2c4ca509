package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// readyTimeout bounds the check of /readyz.
const readyTimeout = 5 * time.Second

// health serves what machines ask without a token. It says nothing of what is
// inside.
func (s *server) health() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, "ok") })
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.cfg.Ready(ctx); err != nil {
			writeProblem(w, r, fault.Wrap(err, fault.Unavailable, "the server is not ready; its log says why"))
			return
		}
		writeStatus(w, "ready")
	})
	if s.cfg.Metrics != nil {
		s.mux.Handle("GET /metrics", s.cfg.Metrics)
	}
}

func writeStatus(w http.ResponseWriter, status string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status}) // the client may be gone
}
