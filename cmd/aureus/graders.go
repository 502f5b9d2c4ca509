package main

import (
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/internal/tool"
)

// localHelpers are what graders and simulated users may use on this machine: the
// models of the environment, and programs in a sandbox.
func localHelpers(e *env) (simulate.Helpers, error) {
	cfg, err := modelConfig(e, "")
	if err != nil {
		return simulate.Helpers{}, err
	}
	models, err := model.New(cfg)
	if err != nil {
		return simulate.Helpers{}, err
	}
	return simulate.Helpers{Models: models.Model, Commands: tool.NewGraders(tool.Config{Private: []string{defaultData}})}, nil
}
