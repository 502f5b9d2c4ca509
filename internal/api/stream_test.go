package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// open starts a streamed GET.
func open(t *testing.T, srv *httptest.Server, path string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apitest.Secret)
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestEventsArriveAtOnceAndFiltered(t *testing.T) {
	events := make(chan resource.Event)
	done := make(chan struct{})
	srv := serverOf(t, api.Config{Control: &apitest.Control{Events: events}, Done: done})
	res := open(t, srv, "/v1/events?agent=desk")
	if ct := res.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Fatalf("Content-Type = %q, want text/event-stream", ct)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), prefix) {
				return lines.Text()
			}
		}
		t.Fatalf("the stream ended before %q", prefix)
		return ""
	}
	next(": connected")
	// The channel has no buffer: each event is only taken once the one before it was written.
	events <- resource.Event{ID: "evt_1", Agent: "other"}
	events <- resource.Event{ID: "evt_2", Agent: "desk", Action: "release.promoted"}
	if got := next("id: "); got != "id: evt_2" {
		t.Errorf("first event is %q, want id: evt_2", got)
	}
	if got := next("data: "); !strings.Contains(got, `"action":"release.promoted"`) {
		t.Errorf("data is %q, want the event", got)
	}
	close(done)
	for lines.Scan() {
		if lines.Text() != "" {
			t.Errorf("the stream goes on after the server stopped: %q", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream does not end well: %v", err)
	}
}

func TestEventsEndWithTheSubscription(t *testing.T) {
	events := make(chan resource.Event)
	srv := serverOf(t, api.Config{Control: &apitest.Control{Events: events}})
	res := open(t, srv, "/v1/events")
	close(events)
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("reading to the end: %v", err)
	}
}

func TestEventsHaveAHeartbeat(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{Events: make(chan resource.Event)}, Heartbeat: time.Millisecond})
	lines := bufio.NewScanner(open(t, srv, "/v1/events").Body)
	for lines.Scan() {
		if lines.Text() == ": heartbeat" {
			return
		}
	}
	t.Errorf("no heartbeat before the end of the stream: %v", lines.Err())
}

func TestStreamsFailAsProblemsBeforeTheyBegin(t *testing.T) {
	for _, path := range []string{"/v1/events", "/v1/ledger/export"} {
		srv := serverOf(t, api.Config{Control: &apitest.Control{Err: fault.New(fault.Forbidden, "no")}})
		res, body := do(t, srv, "GET", path, "")
		if p := problemOf(t, body); res.StatusCode != 403 || p.Detail != "no" {
			t.Errorf("GET %s = %d %s, want 403", path, res.StatusCode, body)
		}
	}
}

func TestExport(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	res, body := do(t, srv, "GET", "/v1/ledger/export", "")
	if res.Header.Get("Content-Type") != "application/x-ndjson" || body != "{\"line\":0}\n{\"line\":1}\n" {
		t.Errorf("export = %s %q, want two JSON lines", res.Header.Get("Content-Type"), body)
	}
}

// TestBrokenExportIsNotAShortOne: an error in the middle breaks the connection.
func TestBrokenExportIsNotAShortOne(t *testing.T) {
	c := &apitest.Control{Hook: func(_ context.Context, method string) error {
		if method == "Export/2" {
			return errors.New("the disk is gone")
		}
		return nil
	}}
	srv := serverOf(t, api.Config{Control: c})
	req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/v1/ledger/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apitest.Secret)
	res, err := srv.Client().Do(req)
	if err != nil {
		return // broken before the first byte went out
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("a broken export reads as the whole %q", body)
	}
}

func TestHeadOfAStreamEnds(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{Events: make(chan resource.Event)}})
	if res, _ := do(t, srv, "HEAD", "/v1/events", ""); res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD = %d %s, want 200 text/event-stream", res.StatusCode, res.Header.Get("Content-Type"))
	}
}
