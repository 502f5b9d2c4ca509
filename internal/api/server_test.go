package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// deadlined notes the read deadlines that it is given.
type deadlined struct {
	*httptest.ResponseRecorder
	read []time.Time
}

// SetReadDeadline is what http.ResponseController looks for.
func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestServerBoundsTheRestOfABody(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"answered", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }},
		{"broken off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
			func() {
				defer func() { _ = recover() }()
				NewServer(tt.h).Handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/tokens", http.NoBody))
			}()
			if len(w.read) != 1 || w.read[0].IsZero() {
				t.Errorf("read deadlines after the answer = %v, want one", w.read)
			}
		})
	}
}
