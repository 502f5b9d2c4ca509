package api

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// HostRules says which Host and Origin headers are answered, so that a web page
// whose name was made to resolve to this machine cannot talk to it.
type HostRules struct {
	// Loopback is true when the server listens on a loopback address: then only
	// loopback names and Allowed are answered.
	Loopback bool
	// Allowed are further host names, without port. On a server that is not on
	// loopback none means that every Host is answered.
	Allowed []string
}

// ProtectHost refuses requests whose Host or Origin does not fit rules, before
// next sees them. A request with an Origin must come from the host that it is
// sent to, or from an allowed one.
func ProtectHost(next http.Handler, rules HostRules) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rules.host(hostname(r.Host)) {
			writeProblem(w, r, fault.New(fault.Forbidden,
				"this server does not answer for the host name of the request; start it with that name allowed, or use 127.0.0.1"))
			return
		}
		if o := r.Header.Get("Origin"); o != "" && !rules.origin(o, r.Host) {
			writeProblem(w, r, fault.New(fault.Forbidden,
				"requests from pages of another origin are refused; allow its host name, or call from a program"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h HostRules) host(name string) bool {
	if !h.Loopback && len(h.Allowed) == 0 {
		return true
	}
	return isLoopback(name) || h.allows(name)
}

func (h HostRules) origin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, host) || h.allows(hostname(u.Host))
}

func (h HostRules) allows(name string) bool {
	for _, a := range h.Allowed {
		if strings.EqualFold(a, name) {
			return true
		}
	}
	return false
}

// hostname is host without its port and brackets.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
