package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request to make.
type call struct {
	method string
	path   []string // segments after /v1, not escaped
	query  url.Values
	body   any       // marshalled as JSON
	stream io.Reader // or sent as it is, of type streamType
	accept string    // "" is JSON
}

const streamType = "application/x-ndjson"

// get asks for path and decodes the answer.
func get[T any](ctx context.Context, c *Client, query url.Values, path ...string) (T, error) {
	return fetch[T](ctx, c, call{method: http.MethodGet, path: path, query: query})
}

// post sends body to path and decodes the answer.
func post[T any](ctx context.Context, c *Client, body any, path ...string) (T, error) {
	return fetch[T](ctx, c, call{method: http.MethodPost, path: path, body: body})
}

// fetch makes a request and decodes its answer.
func fetch[T any](ctx context.Context, c *Client, q call) (T, error) {
	var out T
	res, err := c.send(ctx, q)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, broken(ctx, err)
	}
	return out, nil
}

// broken is the error of an answer that came but could not be read.
func broken(ctx context.Context, err error) error {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &syntax), errors.As(err, &shape):
		return &Error{Code: Internal, Detail: "the server's answer is not one of an Aureus server; check its address", Cause: err}
	}
	return &Error{Code: Unavailable, Detail: "the server's answer broke off: " + err.Error(), Cause: err}
}

// send makes a request and returns a good answer, whose body the caller closes.
// A GET whose connection failed is tried again.
func (c *Client) send(ctx context.Context, q call) (*http.Response, error) {
	var body []byte
	if q.body != nil {
		var err error
		if body, err = json.Marshal(q.body); err != nil {
			return nil, &Error{Code: Invalid, Detail: "the request cannot be written as JSON: " + err.Error(), Cause: err}
		}
	}
	u, err := c.url(q)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		res, err := c.once(ctx, q, u, body)
		switch {
		case err == nil && res.StatusCode < http.StatusMultipleChoices:
			return res, nil
		case err == nil:
			defer func() { _ = res.Body.Close() }()
			return nil, problem(res)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case q.method != http.MethodGet || attempt > c.retries:
			return nil, unreachable(c.base, err)
		}
		if err := wait(ctx, c.backoff(attempt)); err != nil {
			return nil, err
		}
	}
}

func (c *Client) once(ctx context.Context, q call, u string, body []byte) (*http.Response, error) {
	var rd io.Reader
	contentType := ""
	switch {
	case q.stream != nil:
		rd, contentType = q.stream, streamType
	case q.body != nil:
		rd, contentType = bytes.NewReader(body), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, q.method, u, rd)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", "application/json")
	if q.accept != "" {
		req.Header.Set("Accept", q.accept)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.http.Do(req)
}

// url is the address of a call. A segment that would change the path's shape is
// refused: it cannot be a name.
func (c *Client) url(q call) (string, error) {
	var b strings.Builder
	b.WriteString(c.base.String())
	b.WriteString("/v1")
	for _, s := range q.path {
		if s == "" || s == "." || s == ".." {
			return "", &Error{Code: Invalid, Detail: fmt.Sprintf("%q is not a name or id", s)}
		}
		b.WriteString("/" + url.PathEscape(s))
	}
	if len(q.query) > 0 {
		b.WriteString("?" + q.query.Encode())
	}
	return b.String(), nil
}

func unreachable(base *url.URL, err error) error {
	cause := err
	if u, ok := errors.AsType[*url.Error](err); ok {
		cause = u.Err // without the query
	}
	return &Error{Code: Unavailable, Detail: fmt.Sprintf("cannot reach the server at %s; check that one runs there (`aureus serve`) and that AUREUS_SERVER names it: %v", base, cause), Cause: cause}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// params collects a query; empty values are left out.
type params url.Values

func (p params) add(key string, values ...string) params {
	for _, v := range values {
		if v != "" {
			p[key] = append(p[key], v)
		}
	}
	return p
}

func (p params) num(key string, v int64) params {
	if v != 0 {
		p[key] = []string{strconv.FormatInt(v, 10)}
	}
	return p
}
