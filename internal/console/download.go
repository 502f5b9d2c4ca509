package console

import (
	"encoding/json"
	"io"
	"net/http"
)

// download is an answer that is a file.
type download struct {
	w       http.ResponseWriter
	started bool // bytes were sent: an error can no longer be a page
}

// as names the file and returns where it is written.
func (d *download) as(name, contentType string) io.Writer {
	h := d.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return starting{d}
}

// starting notes the first byte.
type starting struct{ d *download }

func (s starting) Write(b []byte) (int, error) {
	s.d.started = true
	return s.d.w.Write(b)
}

func (d *download) json(name string, v any) error {
	e := json.NewEncoder(d.as(name, "application/json"))
	e.SetIndent("", "  ")
	return e.Encode(v)
}
