package api

import (
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/aureus-agents/aureus/blueprint"
)

type server struct {
	cfg Config
	mux *http.ServeMux
	api huma.API
}

// Patterns are the patterns of net/http's ServeMux under which the handler of
// [New] has to be mounted beside others.
func Patterns() []string {
	return []string{"/v1/", "/openapi.json", "/openapi.yaml", "/healthz", "/readyz", "/metrics"}
}

// New makes the API. It panics when cfg is not usable, which is a defect of the
// program that wires it.
func New(cfg Config) http.Handler {
	if err := cfg.validate(); err != nil {
		panic(err)
	}
	s := &server{cfg: cfg.withDefaults(), mux: http.NewServeMux()}
	s.api = humago.New(s.mux, humaConfig(s.cfg.Version))
	s.api.UseMiddleware(s.authenticate, withExchange)
	s.routes()
	s.health()
	s.document()
	return s.observe(ProtectHost(http.HandlerFunc(s.route), s.cfg.Hosts), s.pattern)
}

func (s *server) routes() {
	s.agents()
	s.versions()
	s.folders()
	s.checks()
	s.serving()
	s.releases()
	s.drills()
	s.pipelines()
	s.approvals()
	s.delegations()
	s.hooks()
	s.runs()
	s.incidents()
	s.figures()
	s.dora()
	s.ledger()
	s.events()
	s.tokens()
}

// route serves r, or answers with a problem when no route fits.
func (s *server) route(w http.ResponseWriter, r *http.Request) {
	if h, pattern := s.mux.Handler(r); pattern == "" {
		fallback(w, r, h)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// pattern is the path pattern that serves r, for logs.
func (s *server) pattern(r *http.Request) string {
	_, p := s.mux.Handler(r)
	for i := range p {
		if p[i] == '/' {
			return p[i:]
		}
	}
	return "unknown"
}

func humaConfig(version string) huma.Config {
	registry := huma.NewMapRegistry(schemaPrefix, schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[blueprint.Duration](), reflect.TypeFor[durationString]())
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Aureus", Version: version,
				Description: "The control plane for AI agents. Times are Unix milliseconds, money is millionths of a US dollar, " +
					"digests are sha256: and 64 hex digits. Errors are RFC 9457 problems whose type ends in a code.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A token's secret, as aureus token create shows it once."},
				},
			},
			Tags: tags(),
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	// An answer may get further fields later; requests are read strictly all the same.
	c.AllowAdditionalPropertiesByDefault = true
	return c
}

// durationString is how a blueprint.Duration is written.
type durationString string

// Schema implements huma.SchemaProvider.
func (durationString) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "A duration", Examples: []any{"30s", "5m", "24h"}}
}

// schemaName keeps the blueprint's types apart from those of the control plane.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[blueprint.Agent]().PkgPath() && t.Kind() == reflect.Struct {
		return "Blueprint" + name
	}
	return name
}

func (s *server) schema(t reflect.Type) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: "agents", Description: "Agents, their versions, and what serves where"},
		{Name: "checks", Description: "Simulations and evaluations"},
		{Name: "releases", Description: "Versions on their way into environments"},
		{Name: "approvals", Description: "Requests that people answer"},
		{Name: "runs", Description: "Executions of agents"},
		{Name: "incidents", Description: "What follows a rollback"},
		{Name: "monitor", Description: "Figures and live events"},
		{Name: "ledger", Description: "The audit log and its proofs"},
		{Name: "access", Description: "Tokens and public keys"},
	}
}

// restTimeout is how long the rest of a body that nobody reads may take to arrive.
const restTimeout = 5 * time.Second

// NewServer is an http.Server with limits that fit h: slow headers, bodies that
// never end and slow readers are cut off, streams and long runs are not.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// The server reads what is left of a body before the next request. One
			// that never comes would hold the connection, and a stop with it.
			defer func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(restTimeout)) }()
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      answerGrace,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
