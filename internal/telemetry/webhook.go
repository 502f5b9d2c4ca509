package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// WebhookConfig is where notices go.
type WebhookConfig struct {
	// URL takes a POST of each notice; http or https. Required. It can hold a
	// secret and is never logged or put into an error but for its host.
	URL string
	// Secret signs the notices. Required, at least 16 bytes.
	Secret string
	// Timeout of one delivery; 0 is 10s.
	Timeout time.Duration
	// Now stamps the signature; nil is time.Now.
	Now func() time.Time
}

// Webhook delivers notices. A delivery is tried once: the job that asked for it
// is tried again by the engine. It is safe for concurrent use.
type Webhook struct {
	url    *url.URL
	secret []byte
	now    func() time.Time
	http   *http.Client
}

var _ control.Notifier = (*Webhook)(nil)

// NewWebhook makes a webhook.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.Invalid, "the webhook's URL is not an http or https URL; write it like https://hooks.example.com/aureus")
	}
	if len(cfg.Secret) < 16 {
		return nil, fault.New(fault.Invalid, "the webhook's secret is shorter than 16 bytes; make one with: openssl rand -hex 32")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Webhook{url: u, secret: []byte(cfg.Secret), now: cfg.Now, http: &http.Client{
		Timeout: cfg.Timeout,
		// A redirect would send a signed notice to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Notify implements control.Notifier. fault.Upstream when the receiver cannot be
// reached or does not answer with 2xx; fault.Invalid, which ends the job, when it
// answers 410 Gone.
func (w *Webhook) Notify(ctx context.Context, n control.Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the notice cannot be written as JSON")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(body))
	if err != nil {
		return fault.Wrap(withoutURL(err), fault.Internal, "the webhook's request cannot be made")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "aureus")
	req.Header.Set(attest.SharedHeader, attest.SignShared(w.secret, w.now(), body))
	res, err := w.http.Do(req)
	if err != nil {
		return fault.Wrap(withoutURL(err), fault.Upstream, "the webhook at %s cannot be reached", w.url.Host)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	switch {
	case res.StatusCode == http.StatusGone:
		return fault.New(fault.Invalid, "the webhook at %s is gone (410); set another one", w.url.Host)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return fault.New(fault.Upstream, "the webhook at %s answered %d", w.url.Host, res.StatusCode)
	}
	return nil
}

// withoutURL is the cause of a request's error without its URL.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
