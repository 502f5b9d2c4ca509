package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/console"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/internal/telemetry"
	"github.com/aureus-agents/aureus/internal/worker"
)

func (s *stack) handler(metrics *telemetry.Metrics, addr net.Addr) http.Handler {
	tcp, _ := addr.(*net.TCPAddr)
	hosts := api.HostRules{Loopback: tcp != nil && tcp.IP.IsLoopback(), Allowed: s.cfg.Hosts}
	routes := api.New(api.Config{Control: s.control, Logger: s.cfg.Logger, Version: version, Metrics: metrics.Handler(),
		Ready: s.ready, Hosts: hosts, Done: s.done, Hooks: s.hooks()})
	pages := api.ProtectHost(console.New(console.Config{Control: s.control, Logger: s.cfg.Logger, Version: version, Done: s.done}), hosts)
	mux := http.NewServeMux()
	for _, path := range api.Patterns() {
		mux.Handle(path, routes)
	}
	gate := gateway.Config{Control: s.control, Logger: s.cfg.Logger, Version: version, Wait: s.cfg.ApprovalWait, Done: s.done}
	if hosts.Loopback {
		gate.Console = "http://" + addr.String() // elsewhere its name from outside is not known
	}
	s.gateway = gateway.New(gate)
	mux.Handle(gateway.Pattern, api.ProtectHost(s.gateway, hosts))
	mux.Handle("/", pages)
	return mux
}

// ready says whether the database answers.
func (s *stack) ready(ctx context.Context) error {
	return s.db.View(ctx, func(r control.Reader) error {
		_, err := r.PendingEvents()
		return err
	})
}

// ledgerSize reads the ledger's size for the metrics.
func (s *stack) ledgerSize(ctx context.Context) (size, pending int64, err error) {
	err = s.db.View(ctx, func(r control.Reader) error {
		cp, err := r.LatestCheckpoint()
		if err != nil {
			return err
		}
		size = cp.Size
		pending, err = r.PendingEvents()
		return err
	})
	return size, pending, err
}

func (s *stack) serve(l net.Listener, h http.Handler) {
	background, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.http = api.NewServer(h)
	s.background(func() error {
		return worker.Run(background, s.db, s.control.HandleJob(), worker.Options{Workers: s.cfg.Workers, Grace: s.cfg.Drain, Logger: s.cfg.Logger})
	})
	s.background(func() error { s.seq.Run(background); return nil })
	s.background(func() error { s.watchAlerts(background); return nil })
	s.background(func() error {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "cannot listen on %s; another program may have it, choose another address with --listen", addr)
	}
	return l, nil
}
