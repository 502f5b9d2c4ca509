package tool

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"time"
)

// Config says how servers are reached. The zero Config works.
type Config struct {
	// StartTimeout bounds reaching a server: starting it, the MCP handshake and the
	// list of its tools; 0 is 20s.
	StartTimeout time.Duration
	// StopGrace is how long a child has to end after its stdin was closed, and again
	// after SIGTERM, before it is killed; 0 is 2s.
	StopGrace time.Duration
	// IdleTimeout ends a connection that no run used; the next call makes a new one.
	// 0 is 10m, negative never.
	IdleTimeout time.Duration
	// MaxResult bounds one tool result in bytes; 0 is 8 MiB.
	MaxResult int
	// Dir is the folder that Aureus runs in, against which relative commands and
	// files are found; "" is the current one. A server with an argument that names
	// something in it runs there; any other runs in an empty folder of its own.
	Dir string
	// TempDir holds the servers' own folders; "" is the system's.
	TempDir string
	// Private are files and folders of Aureus itself that no sandbox shows: its data.
	// They are relative to the current folder.
	Private []string
	// Self is what the command "aureus" stands for; "" is this very binary.
	Self string
	// LookupEnv reads the variables that envFrom, headersFrom and the minimal
	// environment name; nil is os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// HTTPClient reaches servers over HTTP; nil is a client of its own. Its
	// Transport is used, its redirect policy and Timeout are not.
	HTTPClient *http.Client
	// Wait waits for d or until ctx is done, between two tries of a call that reads;
	// nil waits by the clock.
	Wait   func(ctx context.Context, d time.Duration) error
	Logger *slog.Logger // nil: discard
}

func (c Config) withDefaults() Config {
	if c.StartTimeout == 0 {
		c.StartTimeout = 20 * time.Second
	}
	if c.StopGrace == 0 {
		c.StopGrace = 2 * time.Second
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 10 * time.Minute
	}
	if c.MaxResult == 0 {
		c.MaxResult = 8 << 20
	}
	if c.LookupEnv == nil {
		c.LookupEnv = os.LookupEnv
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is the time before try n (from 0) of a call that reads, spread over its upper half.
func backoff(n int) time.Duration {
	d := min(100*time.Millisecond<<min(n, 10), 2*time.Second)
	return d/2 + rand.N(d/2)
}
