package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
)

func newInit(e *env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "init NAME",
		Short: "Write a commented blueprint to start from",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := blueprint.Init(args[0])
			if err != nil {
				return err
			}
			if file == "" {
				file = args[0] + ".yaml"
			}
			if err := writeNew(e, file, text); err != nil || file == "-" {
				return err
			}
			fmt.Fprintf(e.stdout, "wrote %s; next: aureus validate %s\n", file, file)
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "file to write, - for stdout (default NAME.yaml)")
	return cmd
}

func newSchema(e *env) *cobra.Command {
	return &cobra.Command{
		Use:       "schema [agent|pipeline]",
		Short:     "Print the JSON Schema (2020-12) of a blueprint or a pipeline",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"agent", "pipeline"},
		RunE: func(_ *cobra.Command, args []string) error {
			text := blueprint.Schema()
			if len(args) == 1 && args[0] == "pipeline" {
				text = blueprint.PipelineSchema()
			}
			_, err := e.document().Write(text)
			return err
		},
	}
}
