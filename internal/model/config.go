// Package model speaks the OpenAI protocol (chat completions) to any endpoint
// that serves it: OpenAI, Anthropic, Gemini, vLLM, Ollama, llama.cpp, a server on
// loopback. It retries, counts tokens and prices them; what it does not do is
// decide anything about a run.
//
// Start from [New]; [Models.Model] gives the client of a blueprint's model.
// [Replay] plays recorded answers as a model.
package model

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// DefaultProvider is the provider of a blueprint that names none.
const DefaultProvider = "default"

// Provider is an endpoint that serves models.
type Provider struct {
	URL string // base URL up to and with the version, for example https://api.openai.com/v1
	Key string // bearer token; "" sends none
	// Name, when set, is the model that the endpoint is asked for in place of the
	// blueprint's.
	Name string
}

// Config says which endpoints there are. The zero Config has none.
type Config struct {
	Providers map[string]Provider // by the name that a blueprint gives; "default" serves model.provider ""
	// Prices come before the built-in table; see [ReadPrices].
	Prices []Price
	// HTTPClient sends the requests; nil is a client of its own. Its Timeout should
	// be zero: each request has its own.
	HTTPClient *http.Client
	// MaxRetries of one completion after 429, 5xx and connection errors; 0 is 4, negative is none.
	MaxRetries int
	// BaseDelay is the first backoff, which doubles; 0 is 500ms.
	BaseDelay time.Duration
	// MaxDelay bounds a backoff, also one that a server asks for; 0 is 30s.
	MaxDelay time.Duration
	// Timeout of one request when the blueprint sets none; 0 is 60s.
	Timeout time.Duration
	// MaxBody bounds an answer in bytes; 0 is 16 MiB.
	MaxBody int64
	// Jitter gives a number in [0,1) that spreads retries; nil is random.
	Jitter func() float64
	// Wait waits for d or until ctx is done; nil waits by the clock.
	Wait   WaitFunc
	Logger *slog.Logger // nil: discard
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.BaseDelay, 500*time.Millisecond)
	def(&c.MaxDelay, 30*time.Second)
	def(&c.Timeout, 60*time.Second)
	if c.MaxRetries == 0 {
		c.MaxRetries = 4
	}
	c.MaxRetries = max(c.MaxRetries, 0)
	if c.MaxBody == 0 {
		c.MaxBody = 16 << 20
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate reports the first provider that cannot work. Messages never hold the
// URL itself, which may hold credentials.
func (c Config) validate() error {
	for _, name := range sortedKeys(c.Providers) {
		u, err := url.Parse(c.Providers[name].URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fault.New(fault.Invalid, "the URL of model provider %q is not an http or https URL; write it like https://api.openai.com/v1", name)
		}
		if strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions") {
			return fault.New(fault.Invalid, "the URL of model provider %q names the completions path; end it before /chat/completions", name)
		}
		if strings.ContainsAny(c.Providers[name].Key, "\r\n") {
			return fault.New(fault.Invalid, "the key of model provider %q holds a line break; set it to the key alone", name)
		}
	}
	return nil
}

func sortedKeys(m map[string]Provider) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func providerOf(m blueprint.Model) string {
	if m.Provider == "" {
		return DefaultProvider
	}
	return m.Provider
}
