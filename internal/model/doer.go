package model

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var errTooLarge = errors.New("the answer is over the limit")

// capture is what the transport saw of one request, for classification and
// digests; the protocol library keeps neither body nor headers of a failure.
type capture struct {
	sent       bool
	status     int
	json       bool
	broken     bool // the body ended early
	large      bool
	retryAfter time.Duration
	raw        []byte
}

type captureKey struct{}

func withCapture(ctx context.Context) (context.Context, *capture) {
	c := &capture{}
	return context.WithValue(ctx, captureKey{}, c), c
}

// doer sends requests with a bounded answer.
type doer struct {
	client  *http.Client
	maxBody int64
}

// Do implements openai.HTTPDoer. It reads the whole body, so that the library
// never blocks on one without a limit.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(captureKey{}).(*capture)
	if !ok {
		c = &capture{}
	}
	c.sent = true
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	c.status = resp.StatusCode
	c.retryAfter = retryAfter(resp.Header)
	body, err := io.ReadAll(io.LimitReader(resp.Body, d.maxBody+1))
	switch {
	case int64(len(body)) > d.maxBody:
		c.large = true
		return nil, errTooLarge
	case err != nil:
		c.broken = true
		return nil, err
	}
	c.raw = body
	c.json = isJSON(resp.Header.Get("Content-Type")) || json.Valid(body) // some servers name another type
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3) as seconds or as a
// date seen from the answer's own Date, and OpenAI's retry-after-ms.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseInt(h.Get("Retry-After-Ms"), 10, 32); err == nil && ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseInt(v, 10, 32); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}
