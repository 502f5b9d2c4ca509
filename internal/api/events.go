package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

type eventsInput struct {
	Agent string `query:"agent" maxLength:"63" doc:"Only about this agent"`
}

func (s *server) events() {
	serveStream(s, operation{id: "watch-events", method: http.MethodGet, path: "/v1/events", tag: "monitor",
		summary:     "Watch lifecycle events as they are committed",
		description: "Server-sent events: id is the event's id, data its JSON. Comments keep an idle stream open. A reader that is too slow misses events; the ledger has them all.",
		produces:    "text/event-stream"},
		reflect.TypeFor[resource.Event](),
		func(ctx context.Context, p control.Principal, in *eventsInput) (func(context.Context, *streamWriter) error, error) {
			ctx, cancel := context.WithCancel(ctx)
			ch, err := s.cfg.Control.Subscribe(ctx, p)
			if err != nil {
				cancel()
				return nil, err
			}
			return func(_ context.Context, w *streamWriter) error {
				defer cancel()
				return s.watch(ctx, w, ch, in.Agent)
			}, nil
		})
}

// watch writes events until the client, the server or the subscription ends.
func (s *server) watch(ctx context.Context, w *streamWriter, ch <-chan resource.Event, agent string) error {
	beat := time.NewTicker(s.cfg.Heartbeat)
	defer beat.Stop()
	text := "retry: 2000\n: connected\n\n"
	for {
		if text != "" {
			if _, err := w.Write([]byte(text)); err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
			text = ""
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.cfg.Done:
			return nil
		case <-beat.C:
			text = ": heartbeat\n\n"
		case e, ok := <-ch:
			if !ok {
				return nil
			}
			if agent != "" && e.Agent != agent {
				continue
			}
			data, err := json.Marshal(e)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("id: %s\ndata: %s\n\n", e.ID, data)
		}
	}
}
