package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type entriesInput struct {
	From  int64 `query:"from" doc:"Index of the first entry; a negative number counts from the end"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" doc:"How many; 100 unless set"`
}

type proofInput struct {
	Index int64 `path:"index" minimum:"0" doc:"Index of the entry"`
}

type historyInput struct {
	Kind string `query:"kind" required:"true" maxLength:"64" doc:"Kind of the thing: release, run, version, incident, ..."`
	ID   string `query:"id" required:"true" maxLength:"256" doc:"Its id"`
	PageInput
}

func (s *server) ledger() {
	serve(s, operation{id: "get-ledger", method: http.MethodGet, path: "/v1/ledger", tag: "ledger",
		summary: "Get the ledger's size and signed checkpoint"},
		func(ctx context.Context, p control.Principal, _ *nothing) (control.LedgerStatus, error) {
			return s.cfg.Control.Ledger(ctx, p)
		})
	serve(s, operation{id: "list-entries", method: http.MethodGet, path: "/v1/ledger/entries", tag: "ledger",
		summary:     "List ledger entries by index",
		description: "next is the from of the following page. The reading is itself recorded.",
		codes:       []fault.Code{fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *entriesInput) (List[resource.LedgerEntry], error) {
			if in.Limit == 0 {
				in.Limit = defaultLimit
			}
			items, err := s.cfg.Control.Tail(ctx, p, in.From, int64(in.Limit))
			return paged(items, PageInput{Limit: in.Limit}, func(e resource.LedgerEntry) string { return strconv.FormatInt(e.Index+1, 10) }), err
		})
	serve(s, operation{id: "get-proof", method: http.MethodGet, path: "/v1/ledger/proof/{index}", tag: "ledger",
		summary: "Get the inclusion proof of an entry", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *proofInput) (control.Proof, error) {
			return s.cfg.Control.ProofOf(ctx, p, in.Index)
		})
	serve(s, operation{id: "get-history", method: http.MethodGet, path: "/v1/history", tag: "ledger",
		summary: "List the events about one thing, newest first"},
		func(ctx context.Context, p control.Principal, in *historyInput) (List[resource.LedgerEntry], error) {
			items, err := s.cfg.Control.EventsOf(ctx, p, in.Kind, in.ID, in.page())
			return paged(items, in.PageInput, func(e resource.LedgerEntry) string { return e.Event.ID }), err
		})
	serveStream(s, operation{id: "export-ledger", method: http.MethodGet, path: "/v1/ledger/export", tag: "ledger",
		summary:     "Export the ledger as JSON lines",
		description: "The export and the public key are all that aureus audit verify needs. A broken-off transfer is an error of the connection, never a shorter export.",
		produces:    "application/x-ndjson", codes: []fault.Code{fault.StorageFull}},
		reflect.TypeFor[map[string]any](),
		func(_ context.Context, p control.Principal, _ *nothing) (func(context.Context, *streamWriter) error, error) {
			return func(ctx context.Context, w *streamWriter) error { return s.cfg.Control.Export(ctx, p, w) }, nil
		})
}
