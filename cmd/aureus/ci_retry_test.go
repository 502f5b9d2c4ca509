package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
)

// TestRetry: what no server answered is tried again for a bounded time, and
// nothing else is.
func TestRetry(t *testing.T) {
	gone := &client.Error{Code: client.Unavailable, Detail: "cannot reach the server"}
	proxy := &client.Error{Code: client.Internal, Status: 503, Detail: "no Aureus server answered"}
	busy := &client.Error{Code: client.RateLimited, Status: 429, Detail: "too many"}
	tests := []struct {
		name  string
		err   error
		fails int // times
		calls int
		took  time.Duration
		ok    bool
		exit  int
	}{
		{"at once", nil, 0, 1, 0, true, fault.ExitDone},
		{"the third time", gone, 2, 3, 750 * time.Millisecond, true, fault.ExitDone},
		{"a proxy without a server behind it", proxy, 1, 2, 250 * time.Millisecond, true, fault.ExitDone},
		{"too many requests", busy, 1, 2, 250 * time.Millisecond, true, fault.ExitDone},
		{"never", gone, 1000, 7, 15750 * time.Millisecond, false, fault.ExitUnreached},
		{"an answer that is no", &client.Error{Code: client.Conflict, Status: 409, Detail: "no"}, 1000, 1, 0, false, fault.ExitFailed},
		{"a server that cannot now", &client.Error{Code: client.Unavailable, Status: 503, Detail: "the model is away"}, 1000, 1, 0, false, fault.ExitFailed},
		{"a gate", &client.Error{Code: client.Blocked, Status: 422, Detail: "no"}, 1000, 1, 0, false, fault.ExitBlocked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &ciRun{e: &env{stderr: io.Discard}, o: ciOptions{retry: 20 * time.Second}}
				calls, began := 0, time.Now()
				_, err := retry(t.Context(), r, func() (int, error) {
					if calls++; calls <= tt.fails {
						return 0, tt.err
					}
					return 1, nil
				})
				if calls != tt.calls || time.Since(began) != tt.took || (err == nil) != tt.ok || exitStatus(err) != tt.exit {
					t.Errorf("retry() = %v (exit %d) after %d calls in %s, want exit %d after %d in %s", err, exitStatus(err), calls, time.Since(began), tt.exit, tt.calls, tt.took)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		r := &ciRun{e: &env{stderr: io.Discard}, o: ciOptions{retry: time.Hour}}
		if _, err := retry(ctx, r, func() (int, error) { return 0, gone }); !errors.Is(err, gone) || time.Since(began) != time.Second {
			t.Errorf("retry() of a call that is stopped = %v after %s, want its error at once", err, time.Since(began))
		}
	})
}

// TestGraver: every exit status that a step can end with has its place.
func TestGraver(t *testing.T) {
	run := func(errs ...error) error {
		r := &ciRun{}
		for _, err := range errs {
			r.agents = append(r.agents, &ciAgent{err: err})
		}
		return r.verdict()
	}
	gone, blocked, waits := &client.Error{Code: client.Unavailable, Detail: "gone"}, fault.New(fault.Blocked, "no"), fault.New(fault.Waiting, "later")
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"none", run(nil, nil), fault.ExitDone}, {"one waits", run(nil, waits), fault.ExitWaiting}, {"one is blocked", run(waits, blocked, nil), fault.ExitBlocked},
		{"one has no server", run(waits, blocked, gone), fault.ExitUnreached}, {"a wrong file", run(blocked, fault.New(fault.Invalid, "no")), fault.ExitUsage},
	} {
		if got := exitStatus(tt.err); got != tt.want {
			t.Errorf("%s: exit status = %d (%v), want %d", tt.name, got, tt.err, tt.want)
		}
	}
}
