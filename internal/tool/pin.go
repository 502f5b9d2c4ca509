package tool

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// pin is the contract of a tool as a server states it now.
func pin(server string, t *mcp.Tool) (resource.ToolPin, error) {
	p := resource.ToolPin{Name: t.Name, Description: t.Description}
	var err error
	if p.InputSchema, err = object(t.InputSchema); err != nil || p.InputSchema == nil {
		return p, fault.Wrap(err, fault.Upstream, "server %q gives no usable input schema for the tool %q; it must be a JSON object", server, t.Name)
	}
	if p.OutputSchema, err = object(t.OutputSchema); err != nil {
		return p, fault.Wrap(err, fault.Upstream, "server %q gives no usable output schema for the tool %q; it must be a JSON object", server, t.Name)
	}
	if t.Annotations != nil {
		if p.Annotations, err = object(t.Annotations); err != nil {
			return p, fault.Wrap(err, fault.Upstream, "server %q gives no usable annotations for the tool %q", server, t.Name)
		}
	}
	if p.Digest, err = digestWithout(p); err != nil {
		return p, fault.Wrap(err, fault.Upstream, "the schema of tool %q of server %q cannot be pinned: it holds a number that has no exact JSON form", t.Name, server)
	}
	return p, nil
}

// object is v as a JSON object, nil for none.
func object(v any) (map[string]any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	return m, json.Unmarshal(b, &m)
}

// digestWithout is the digest of a pin or an adapter without its digest field.
func digestWithout(v any) (string, error) {
	m, err := object(v)
	if err != nil {
		return "", err
	}
	delete(m, "digest")
	return blueprint.Digest(m)
}

// adapter pins the named tools of a connected server; nil names pins all.
func (l *link) adapter(offered map[string]*mcp.Tool, names []string) (resource.Adapter, error) {
	ad := resource.Adapter{Server: l.server.Name, Tools: []resource.ToolPin{}}
	if r := l.session.InitializeResult(); r != nil && r.ServerInfo != nil {
		ad.Name, ad.Version = r.ServerInfo.Name, r.ServerInfo.Version
	}
	if names == nil {
		names = sorted(offered)
	}
	for _, n := range names {
		p, err := pin(l.server.Name, offered[n])
		if err != nil {
			return ad, err
		}
		ad.Tools = append(ad.Tools, p)
	}
	var err error
	if ad.Digest, err = digestWithout(ad); err != nil {
		return ad, fault.Wrap(err, fault.Upstream, "the tools of server %q cannot be pinned", l.server.Name)
	}
	return ad, nil
}

// drift says how the offered tools differ from the pinned ones: fault.Verification
// that names the tool and what changed, nil when all are as they were.
func drift(server string, pins []resource.ToolPin, offered map[string]*mcp.Tool) error {
	var details []fault.Detail
	for _, want := range pins {
		t, ok := offered[want.Name]
		if !ok {
			details = append(details, fault.Detail{Path: want.Name, Code: "gone", Message: "the server does not offer it any more"})
			continue
		}
		got, err := pin(server, t)
		if err != nil {
			return err
		}
		if got.Digest != want.Digest {
			details = append(details, fault.Detail{Path: want.Name, Code: "changed",
				Message: "changed: " + strings.Join(changes(want, got), ", ")})
		}
	}
	if len(details) == 0 {
		return nil
	}
	d := details[0]
	for i := range details {
		details[i].Fix = "push a new version, which pins the tool as it is now, or put the server back"
	}
	return fault.New(fault.Verification, "the tool %q of server %q is not the one that was registered: %s; %s",
		d.Path, server, d.Message, details[0].Fix).With(details...)
}

func changes(want, got resource.ToolPin) []string {
	var out []string
	for _, f := range []struct {
		name string
		a, b any
	}{{"description", want.Description, got.Description}, {"input schema", want.InputSchema, got.InputSchema},
		{"output schema", want.OutputSchema, got.OutputSchema}, {"annotations", want.Annotations, got.Annotations}} {
		a, errA := blueprint.Canonical(f.a)
		b, errB := blueprint.Canonical(f.b)
		if errA != nil || errB != nil || !slices.Equal(a, b) {
			out = append(out, f.name)
		}
	}
	if len(out) == 0 { // the fields agree, so the pin's own digest was changed
		out = append(out, "recorded digest")
	}
	return out
}
