package model

import (
	"context"
	"net/url"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Models gives clients of the configured endpoints. It is safe for concurrent use.
type Models struct {
	cfg     Config
	prices  priceTable
	clients map[string]*client
}

// New checks cfg and prepares a client for each provider. It sends nothing.
func New(cfg Config) (*Models, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	prices, err := newPriceTable(cfg.Prices)
	if err != nil {
		return nil, err
	}
	m := &Models{cfg: cfg, prices: prices, clients: map[string]*client{}}
	for name, p := range cfg.Providers {
		m.clients[name] = newClient(name, p, cfg, prices)
	}
	return m, nil
}

// Model gives the client of a blueprint's model; fault.Invalid with what to set
// when its provider is not configured.
func (m *Models) Model(b blueprint.Model) (agentrun.Model, error) {
	c, err := m.client(b)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (m *Models) client(b blueprint.Model) (*client, error) {
	name := providerOf(b)
	c, ok := m.clients[name]
	switch {
	case ok:
		return c, nil
	case name == DefaultProvider:
		return nil, fault.New(fault.Invalid, "no model endpoint is configured; set AUREUS_MODEL_URL (and AUREUS_MODEL_KEY, AUREUS_MODEL_NAME) to one that speaks the OpenAI protocol")
	case len(m.clients) == 0:
		return nil, fault.New(fault.Invalid, "model provider %q is not configured, and no other is; configure it, or set AUREUS_MODEL_URL and leave model.provider out", name)
	}
	return nil, fault.New(fault.Invalid, "model provider %q is not configured; configured: %s", name, strings.Join(sortedKeys(m.cfg.Providers), ", "))
}

// Version asks the endpoint which model it serves under the blueprint's name; ""
// when it does not say.
func (m *Models) Version(ctx context.Context, b blueprint.Model) string {
	c, err := m.client(b)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, b.Timeout.D(m.cfg.Timeout))
	defer cancel()
	got, err := c.api.GetModel(ctx, url.PathEscape(c.nameOf(b)))
	if err != nil {
		return ""
	}
	return got.ID
}

func newClient(name string, p Provider, cfg Config, prices priceTable) *client {
	oc := openai.DefaultConfig(p.Key)
	oc.BaseURL = strings.TrimRight(p.URL, "/")
	oc.HTTPClient = &doer{client: cfg.HTTPClient, maxBody: cfg.MaxBody}
	return &client{provider: name, cfg: cfg, override: p.Name, prices: prices, host: hostOf(p.URL), api: openai.NewClientWithConfig(oc)}
}

// hostOf is the part of an endpoint's URL that may be shown.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the endpoint"
	}
	return u.Host
}
