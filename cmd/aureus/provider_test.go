package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/model"
)

func TestModelConfigProviders(t *testing.T) {
	vars := map[string]string{"AUREUS_MODEL_URL": "http://127.0.0.1:1/v1", "AUREUS_MODEL_PROVIDERS": "local, big-one",
		"AUREUS_MODEL_LOCAL_URL": "http://127.0.0.1:2/v1", "AUREUS_MODEL_BIG_ONE_URL": "http://127.0.0.1:3/v1", "AUREUS_MODEL_BIG_ONE_KEY": "k",
		"AUREUS_MODEL_BIG_ONE_NAME": "n"}
	e := &env{getenv: func(name string) string { return vars[name] }}
	got, err := modelConfig(e, "")
	want := map[string]model.Provider{"default": {URL: "http://127.0.0.1:1/v1"}, "local": {URL: "http://127.0.0.1:2/v1"},
		"big-one": {URL: "http://127.0.0.1:3/v1", Key: "k", Name: "n"}}
	if d := cmp.Diff(want, got.Providers); err != nil || d != "" {
		t.Errorf("modelConfig = %v (-want +got):\n%s", err, d)
	}
	delete(vars, "AUREUS_MODEL_LOCAL_URL")
	if _, err := modelConfig(e, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("modelConfig without a provider's URL = %v, want %s", err, fault.Invalid)
	}
}
