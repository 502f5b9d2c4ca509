package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestErrors(t *testing.T) {
	ctl := &apitest.Control{}
	cl, _ := connect(t, ctl)
	for _, code := range fault.Codes() {
		t.Run(string(code), func(t *testing.T) {
			ctl.Err = fault.New(code, "a sentence").With(fault.Detail{Path: "spec.goal", Line: 3, Message: "missing", Fix: "write one"})
			_, err := cl.Release(t.Context(), "rel_1")
			got, ok := errors.AsType[*client.Error](err)
			if !ok {
				t.Fatalf("Release() = %v, want *client.Error", err)
			}
			if got.RequestID == "" {
				t.Errorf("the error has no request id: %+v", got)
			}
			want := &client.Error{Code: client.Code(code), Status: fault.Map(code).HTTP, Title: http.StatusText(fault.Map(code).HTTP),
				Detail: "a sentence", RequestID: got.RequestID, Details: []client.Detail{{Path: "spec.goal", Line: 3, Message: "missing", Fix: "write one"}}}
			if code == fault.Internal {
				want.Detail, want.Details = "the server failed; its log says why under this request id", nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCodesAreThoseOfTheServer(t *testing.T) {
	codes := []client.Code{client.Invalid, client.Unauthorized, client.Forbidden, client.NotFound, client.Conflict, client.TooLarge, client.RateLimited,
		client.Blocked, client.Waiting, client.Verification, client.Upstream, client.Unavailable, client.StorageFull, client.Corrupt, client.Internal, client.Failed}
	var want []client.Code
	for _, c := range fault.Codes() {
		want = append(want, client.Code(c))
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("codes (-server +client):\n%s", diff)
	}
}

func TestStrangeAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		code   client.Code
		status int
	}{
		{"not a problem", func(w http.ResponseWriter) { http.Error(w, "<h1>proxy</h1>", http.StatusBadGateway) }, client.Internal, 502},
		{"somebody else's problem", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(400)
			_ = json.NewEncoder(w).Encode(map[string]string{"type": "about:blank"})
		}, client.Internal, 400},
		{"not JSON", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") }, client.Internal, 0},
		{"another shape", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "[]") }, client.Internal, 0},
		{"cut", func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"id":"rel`) }, client.Unavailable, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.answer(w) }))
			defer srv.Close()
			_, err := newClient(t, srv.URL, "").Release(t.Context(), "rel_1")
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != tt.code || e.Status != tt.status {
				t.Errorf("Release() = %#v, want %s %d", err, tt.code, tt.status)
			}
		})
	}
}
