package console

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
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

func TestReadForm(t *testing.T) {
	tests := []struct {
		name, method string
		body         io.Reader
		deadlines    int
		fails        bool
	}{
		{"a form", http.MethodPost, strings.NewReader("token=x"), 2, false},
		{"a form that never ends", http.MethodPost, io.MultiReader(strings.NewReader("to"), iotest.ErrReader(os.ErrDeadlineExceeded)), 2, true},
		{"a page", http.MethodGet, http.NoBody, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/login", tt.body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
			err := readForm(w, r)
			if (err != nil) != tt.fails || tt.fails && (!errors.Is(err, os.ErrDeadlineExceeded) || !fault.Is(err, fault.TooLarge)) {
				t.Errorf("readForm(%s) = %v, want an error: %t", tt.name, err, tt.fails)
			}
			if len(w.read) != tt.deadlines || tt.deadlines == 2 && (w.read[0].IsZero() || !w.read[1].IsZero()) {
				t.Errorf("readForm(%s) set the read deadlines %v, want %d, the last one none", tt.name, w.read, tt.deadlines)
			}
		})
	}
}
