package telemetry

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// SignatureHeader carries t=UNIX SECONDS,v1=HEX of the HMAC-SHA256, with the
// shared secret, of the time, a full stop and the body.
const SignatureHeader = "Aureus-Signature"

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
	req.Header.Set(SignatureHeader, Sign(w.secret, w.now(), body))
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

// Sign is the value of [SignatureHeader] for a body sent at a time.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return fmt.Sprintf("t=%s,v1=%s", t, hex.EncodeToString(mac(secret, t, body)))
}

func mac(secret []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// CheckSignature is fault.Verification unless header is the signature of body,
// made within tolerance of now. It is what a receiver has to do.
func CheckSignature(secret []byte, header string, body []byte, now time.Time, tolerance time.Duration) error {
	var t, v1 string
	for part := range strings.SplitSeq(header, ",") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "t":
			t = v
		case "v1":
			v1 = v
		}
	}
	sec, err := strconv.ParseInt(t, 10, 64)
	sum, hexErr := hex.DecodeString(v1)
	if err != nil || hexErr != nil {
		return fault.New(fault.Verification, "the signature header is not t=SECONDS,v1=HEX")
	}
	if !hmac.Equal(sum, mac(secret, t, body)) {
		return fault.New(fault.Verification, "the signature does not fit the body and the secret")
	}
	if d := now.Sub(time.Unix(sec, 0)); d > tolerance || d < -tolerance {
		return fault.New(fault.Verification, "the signature is of another time; the notice may be a repeated one")
	}
	return nil
}
