// Package client is the Go client of an Aureus server's API: one method an
// operation, the same types that the server stores, and one error type.
//
// Start from [New].
//
//	c, err := client.New("http://127.0.0.1:7420", token, nil)
//	...
//	run, err := c.Invoke(ctx, "refund-desk", resource.InvokeRequest{Input: "where is my order?"})
//	if e, ok := errors.AsType[*client.Error](err); ok && e.Code == client.Blocked { ... }
package client

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	token   string
	http    *http.Client
	agent   string
	retries int
	backoff func(attempt int) time.Duration
}

// Options of a client; nil takes every default.
type Options struct {
	// HTTP makes the requests; nil is a client without a timeout (runs can take
	// long: bound a call by its context).
	HTTP *http.Client
	// UserAgent; "" is "aureus-client".
	UserAgent string
	// Retries of a GET whose connection failed; 0 is 3, negative is none.
	Retries int
	// Backoff before attempt 1, 2, ...; nil doubles from 100ms.
	Backoff func(attempt int) time.Duration
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.HTTP == nil {
		d.HTTP = &http.Client{}
	}
	if d.UserAgent == "" {
		d.UserAgent = "aureus-client"
	}
	if d.Retries == 0 {
		d.Retries = 3
	}
	if d.Backoff == nil {
		d.Backoff = func(attempt int) time.Duration { return 100 * time.Millisecond << (attempt - 1) }
	}
	return d
}

// New makes a client of the server at baseURL. The token may be "" for what
// needs none.
func New(baseURL, token string, o *Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, &Error{Code: Invalid, Detail: "the server's address is not an http or https URL; write it like http://127.0.0.1:7420"}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &Error{Code: Invalid, Detail: "the server's address must be a plain URL, without user, query or fragment"}
	}
	if strings.ContainsAny(token, "\r\n \t") {
		return nil, &Error{Code: Invalid, Detail: "the token has white space in it; copy it again"}
	}
	u.Path = strings.TrimRight(u.Path, "/")
	d := o.withDefaults()
	return &Client{base: u, token: token, http: d.HTTP, agent: d.UserAgent, retries: max(d.Retries, 0), backoff: d.Backoff}, nil
}
