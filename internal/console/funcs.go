package console

import (
	"html/template"
	"strings"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/resource"
)

// funcs are what templates may call.
func (s *server) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       s.assets.url,
		"ago":         func(at resource.Millis) template.HTML { return timeTag(at, ago(s.now(), at)) },
		"clock":       clock,
		"short":       shortDigest,
		"yeses":       yeses,
		"money":       money,
		"usd":         evaluate.USD,
		"percent":     percent,
		"millis":      millis,
		"ms":          func(n int64) string { return millis(float64(n)) },
		"count":       count[int],
		"count64":     count[int64],
		"evalue":      evalue,
		"pretty":      pretty,
		"prettyBytes": prettyBytes,
		"visible":     visible,
		"isDigest":    func(s string) bool { return shortDigest(s) != s },
		"words":       words,
		"tone":        tone,
		"clip":        clip,
		"brief":       briefOf,
		"scopeWords":  func(x *resource.Scope) string { return scopeWords(*x) },
		"long":        func(s string) bool { return len(s) > 140 || strings.Contains(s, "\n") },
		"bind":        func(p page, v any) bound { return bound{Page: p, V: v} },
		"add":         func(a, b int) int { return a + b },
		"join":        strings.Join,
		"many": func(n int, one, more string) string {
			if n == 1 {
				return one
			}
			return more
		},
	}
}

// words makes a label of an identifier: awaiting_approval -> awaiting approval,
// release.promoted -> release promoted.
func words(v any) string {
	return strings.NewReplacer("_", " ", ".", " ").Replace(text(v))
}

// tones say which colour a state, verdict, outcome, decision or tier has. The
// word is always shown beside it, so colour is never the only sign.
var tones = map[string]string{
	"pass": "good", "success": "good", "approved": "good", "promoted": "good", "resolved": "good", "verified": "good", "promote": "good",
	"warn": "warn", "waiting": "warn", "pending_human": "warn", "awaiting_approval": "warn", "paused": "warn", "escalated": "warn",
	"mitigated": "warn", "rolling_back": "warn", "high": "warn", "pending": "warn", "expired": "warn", "warning": "warn",
	"block": "bad", "failure": "bad", "blocked": "bad", "denied": "bad", "error": "bad", "rejected": "bad", "rolled_back": "bad",
	"open": "bad", "critical": "bad", "quarantined": "bad", "rollback": "bad", "removed": "bad",
	"better": "good", "no_worse": "good", "worse": "bad", "unclear": "warn",
	"holds": "good", "fails": "bad", "unproved": "bad", "info": "info",
	"finished": "good", "asked_human": "warn", "stopped": "good", "got_through": "bad",
	"frozen": "warn", "shadow": "info", "preview": "warn", "soaking": "info", "hold": "warn",
	"checking": "info", "deploying": "info", "smoke": "info", "canary": "info", "running": "info", "continue": "info", "medium": "info",
	"changed": "info", "used": "good", "added": "good", "serves": "info",
}

// tone is "" for what has no colour of its own.
func tone(v any) string { return tones[text(v)] }
