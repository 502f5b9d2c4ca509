package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
)

// scopeOfFolder says which of a server's agents a folder has to have.
type scopeOfFolder struct {
	owner     string
	selectors []string
	all       bool
}

func (s *scopeOfFolder) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.owner, "owner", "", "agents and pipelines of this owner that are not in the folder")
	f.StringSliceVar(&s.selectors, "selector", nil, "agents and pipelines with this label, written LABEL=VALUE, that are not in the folder")
	f.BoolVar(&s.all, "all", false, "every agent and pipeline of the server that is not in the folder")
}

func (s scopeOfFolder) given() bool { return s.all || s.owner != "" || len(s.selectors) > 0 }

// check refuses a selector without a value.
func (s scopeOfFolder) check() error {
	for _, sel := range s.selectors {
		if label, _, ok := strings.Cut(sel, "="); !ok || label == "" {
			return fault.New(fault.Invalid, "--selector %q is not written LABEL=VALUE", sel)
		}
	}
	if s.all && (s.owner != "" || len(s.selectors) > 0) {
		return fault.New(fault.Invalid, "--all is every agent; leave --owner and --selector out, or --all")
	}
	return nil
}

// has reports whether an agent or a pipeline is one of those.
func (s scopeOfFolder) has(owner string, labels map[string]string) bool {
	if !s.given() || s.owner != "" && owner != s.owner {
		return false
	}
	for _, sel := range s.selectors {
		label, value, _ := strings.Cut(sel, "=")
		if v, ok := labels[label]; !ok || v != value {
			return false
		}
	}
	return true
}
