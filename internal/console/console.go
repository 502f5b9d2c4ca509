// Package console is the web console: server-rendered pages over the use cases
// of internal/control, with one small script that keeps them live by
// server-sent events. Everything works without the script. It decides nothing:
// what may happen is control's business, and a page only hides what would be
// refused.
//
// Start from [New].
package console

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Config is what the console needs.
type Config struct {
	Control Control
	Logger  *slog.Logger     // nil: discard
	Now     func() time.Time // nil: time.Now
	Version string           // of the product, shown in the footer; "" shows none
	Done    <-chan struct{}  // closed when the server stops, so that event streams end; nil: they end with their browsers
}

// server is the console behind its handler.
type server struct {
	control  Control
	log      *slog.Logger
	now      func() time.Time
	version  string
	sessions *sessions
	views    views
	forecast forecasts
	assets   assets
	origin   *http.CrossOriginProtection
	done     <-chan struct{}
}

// New makes the console's handler. It expects to be mounted at "/" and answers
// every path under it, an unknown one with a 404 page.
func New(cfg Config) http.Handler {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &server{
		control:  cfg.Control,
		log:      cfg.Logger,
		now:      cfg.Now,
		version:  cfg.Version,
		sessions: newSessions(cfg.Now),
		assets:   loadAssets(),
		origin:   http.NewCrossOriginProtection(),
		done:     cfg.Done,
	}
	s.views = loadViews(s.funcs())
	return s.secure(s.routes())
}

// routes is the table of pages and actions.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+assetPrefix+"{file}", s.assets.serve)
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("GET /console/events", s.events)
	mux.HandleFunc("GET /console/key.pem", s.keyPEM)

	pages := map[string]pageFunc{
		"GET /{$}":                                        s.fleetPage,
		"GET /agents/{agent}":                             s.agentPage,
		"GET /agents/{agent}/versions/{version}":          s.versionPage,
		"GET /agents/{agent}/versions/{version}/backtest": s.backtestPage,
		"GET /agents/{agent}/drift":                       s.driftPage,
		"GET /releases":                                   s.releasesPage,
		"GET /releases/{id}":                              s.releasePage,
		"GET /pipelines":                                  s.pipelinesPage,
		"GET /approvals":                                  s.approvalsPage,
		"GET /approvals/{id}":                             s.approvalPage,
		"GET /runs":                                       s.runsPage,
		"GET /runs/{id}":                                  s.runPage,
		"GET /incidents":                                  s.incidentsPage,
		"GET /incidents/{id}":                             s.incidentPage,
		"GET /audit":                                      s.auditPage,
		"GET /evidence/{ref}":                             s.evidencePage,
		"GET /evidence/{ref}/{id}/evaluation":             s.evaluationPage,
	}
	for pattern, fn := range pages {
		mux.HandleFunc(pattern, s.page(fn))
	}
	downloads := map[string]downloadFunc{
		"GET /audit/export":                        s.exportLedger,
		"GET /evidence/{ref}/{id}/bundle":          s.evidenceBundle,
		"GET /evidence/{ref}/{id}/evaluation.html": s.evaluationFile,
		"GET /runs/{id}/scenario":                  s.runScenario,
		"GET /incidents/{id}/postmortem":           s.postmortem,
	}
	for pattern, fn := range downloads {
		mux.HandleFunc(pattern, s.download(fn))
	}
	actions := map[string]actionFunc{
		"POST /agents/{agent}/rollback":  s.rollbackAgent,
		"POST /releases/{id}/move":       s.moveRelease,
		"POST /approvals/{id}/decide":    s.decideApproval,
		"POST /approvals/{id}/withdraw":  s.withdrawApproval,
		"POST /incidents/{id}/rca":       s.recordRCA,
		"POST /incidents/{id}/triage":    s.triageIncident,
		"POST /incidents/{id}/follow-up": s.followUp,
		"POST /incidents/{id}/guardrail": s.proveGuardrail,
	}
	for pattern, fn := range actions {
		mux.HandleFunc(pattern, s.action(fn))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, nil, fault.New(fault.NotFound, "There is no page at %s. Start from the fleet overview.", r.URL.Path))
	})
	return mux
}
