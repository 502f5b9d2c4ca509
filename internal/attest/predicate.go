package attest

import (
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// Descriptor is an in-toto v1 ResourceDescriptor: one thing, by name and digest.
type Descriptor struct {
	Name             string            `json:"name,omitempty"`
	URI              string            `json:"uri,omitempty"`
	Digest           map[string]string `json:"digest,omitempty"` // algorithm -> hex
	MediaType        string            `json:"mediaType,omitempty"`
	DownloadLocation string            `json:"downloadLocation,omitempty"`
	Annotations      map[string]any    `json:"annotations,omitempty"`
}

// Describe is a descriptor of something with a "sha256:..." digest. A digest of
// another form is left out: a descriptor with a wrong digest would be worse.
func Describe(name, digest string) Descriptor {
	d := Descriptor{Name: name}
	if h, ok := sha256Hex(digest); ok {
		d.Digest = map[string]string{"sha256": h}
	}
	return d
}

// timestamp is RFC 3339 in UTC, "" for a time that is not yet.
func timestamp(t resource.Millis) string {
	if t == 0 {
		return ""
	}
	return time.UnixMilli(int64(t)).UTC().Format("2006-01-02T15:04:05.000Z")
}
