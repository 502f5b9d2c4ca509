package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/resource"
)

func TestKeysNeedNoToken(t *testing.T) {
	_, srv := connect(t, &apitest.Control{})
	got, err := newClient(t, srv.URL+"/", "").Keys(t.Context())
	if diff := cmp.Diff(apitest.Keys, got); err != nil || diff != "" {
		t.Errorf("Keys() = %v (-want +got):\n%s", err, diff)
	}
}

func TestExport(t *testing.T) {
	ctl := &apitest.Control{}
	cl, _ := connect(t, ctl)
	var b bytes.Buffer
	if err := cl.Export(t.Context(), &b); err != nil || b.String() != "{\"line\":0}\n{\"line\":1}\n" {
		t.Errorf("Export() = %q, %v, want two lines", b.String(), err)
	}
	ctl.Hook = func(_ context.Context, method string) error {
		if method == "Export/2" {
			return errors.New("the disk is gone")
		}
		return nil
	}
	var e *client.Error
	if err := cl.Export(t.Context(), io.Discard); !errors.As(err, &e) || e.Code != client.Unavailable {
		t.Errorf("Export() of a broken export = %v, want UNAVAILABLE", err)
	}
}

func TestWatch(t *testing.T) {
	events := make(chan resource.Event, 2)
	cl, _ := connect(t, &apitest.Control{Events: events})
	stream, err := cl.Watch(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	events <- resource.Event{ID: "evt_0", Agent: "other"}
	events <- apitest.Event
	got, err := stream.Next()
	if diff := cmp.Diff(apitest.Event, got); err != nil || diff != "" {
		t.Errorf("Next() = %v (-want +got):\n%s", err, diff)
	}
	close(events)
	if _, err := stream.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("Next() after the end = %v, want EOF", err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	cl, _ := connect(t, &apitest.Control{Events: make(chan resource.Event)})
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := cl.Watch(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := stream.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("Next() = %v, want canceled", err)
	}
}
