package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/resource"
)

// withLocal runs fn on the embedded database of a data folder that no server has
// open, as its owner.
func withLocal(ctx context.Context, e *env, data string, fn func(*control.Control, control.Principal) error) (err error) {
	db, err := sqlite.Open(filepath.Join(data, "aureus.db"))
	if fault.Is(err, fault.Conflict) {
		return fault.Wrap(err, fault.Conflict, "a server has the data folder %s open; set AUREUS_TOKEN to go through it", data)
	}
	if err != nil {
		return err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	key, err := loadKey(ctx, db, filepath.Join(data, "key.pem"))
	if err != nil {
		return err
	}
	models, err := model.New(model.Config{})
	if err != nil {
		return err
	}
	tools := tool.New(tool.Config{Private: []string{data}})
	defer tools.Close()
	c, err := control.New(control.Config{Store: db, Key: key, Adapters: tools, Models: models, Version: version, Now: time.Now,
		NewID: newID, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	owner := control.Principal{Actor: resource.Actor{Name: "local", Kind: "human"}, Roles: []resource.Role{resource.RoleAdmin}}
	if err := fn(c, owner); err != nil {
		return err
	}
	return sequencer.New(db, key, nil).Flush(ctx)
}

// notValid is the error of a blueprint that does not pass validation, with what is
// wrong with it.
func notValid(code fault.Code, file string, r control.Report) error {
	err := fault.New(code, "%s does not pass validation", file)
	for _, f := range r.Findings {
		if f.Severity == "error" {
			err = err.With(fault.Detail{File: f.File, Line: f.Line, Column: f.Column, Path: f.Path, Code: f.Rule, Message: f.Message, Fix: f.Remediation})
		}
	}
	return err
}

// localVersion makes a version of a blueprint file without registering it, with
// the model of the environment.
func localVersion(ctx context.Context, e *env, file string) (*resource.Manifest, string, agentrun.Model, error) {
	a, src, err := readBlueprint(e, file)
	if err != nil {
		return nil, "", nil, err
	}
	if r := control.Validate(a, src); !r.Passed {
		return nil, "", nil, notValid(fault.Invalid, file, r)
	}
	m, err := localModel(e, a)
	if err != nil {
		return nil, "", nil, err
	}
	tools := tool.New(tool.Config{Private: []string{defaultData}})
	defer tools.Close()
	adapters, err := tools.Discover(ctx, a)
	if err != nil {
		return nil, "", nil, err
	}
	manifest, digest, err := control.Manifest(a, adapters)
	return manifest, digest, m, err
}

func localModel(e *env, a *blueprint.Agent) (agentrun.Model, error) {
	cfg, err := modelConfig(e, "")
	if err != nil {
		return nil, err
	}
	models, err := model.New(cfg)
	if err != nil {
		return nil, err
	}
	return models.Model(a.Spec.Model)
}
