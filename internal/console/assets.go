package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

const assetPrefix = "/console/static/"

//go:embed static
var staticFiles embed.FS

// styles are served as one sheet, in this order.
var styles = []string{"tokens.css", "base.css", "layout.css", "parts.css", "charts.css", "automaton.css", "judging.css", "pipeline.css", "pages.css", "evaluation.css"}

// assets are the static files under names that hold a hash of their content, so
// that a browser may keep them for ever.
type assets struct {
	urls  map[string]string // app.css -> /console/static/app.0123abcd.css
	files map[string][]byte // by the hashed name
}

func loadAssets() assets {
	a := assets{urls: map[string]string{}, files: map[string][]byte{}}
	var sheet bytes.Buffer
	for _, name := range styles {
		sheet.Write(mustRead("static/" + name))
	}
	a.add("app.css", sheet.Bytes())
	a.add("app.js", mustRead("static/app.js"))
	a.add("mark.svg", mustRead("static/mark.svg"))
	return a
}

// mustRead reads an embedded file; it is in the binary or the binary is broken.
func mustRead(name string) []byte {
	b, err := fs.ReadFile(staticFiles, name)
	if err != nil {
		panic(err)
	}
	return b
}

func (a assets) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.urls[name] = assetPrefix + hashed
	a.files[hashed] = data
}

// url is the address of an asset.
func (a assets) url(name string) string { return a.urls[name] }

func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}
