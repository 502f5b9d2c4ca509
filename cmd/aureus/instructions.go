package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// printInstructions shows what a delta changes in an agent's instructions, line
// by line. The delta itself names them by digest, and a person who answers for a
// change has to read it.
func printInstructions(ctx context.Context, w io.Writer, c *client.Client, agent string, d resource.Delta) error {
	if !slices.ContainsFunc(d.Changes, func(ch resource.Change) bool { return ch.Kind == "instructions" }) {
		return nil
	}
	from, err := instructionsOf(ctx, c, agent, d.From)
	if err != nil {
		return err
	}
	to, err := instructionsOf(ctx, c, agent, d.To)
	if err != nil {
		return err
	}
	_, err = w.Write(diff.Diff("instructions before", []byte(from), "instructions after", []byte(to)))
	return err
}

// instructionsOf are the instructions of a version; those of none are empty.
func instructionsOf(ctx context.Context, c *client.Client, agent, digest string) (string, error) {
	if digest == "" {
		return "", nil
	}
	v, err := c.Version(ctx, agent+"@"+digest)
	if err != nil {
		return "", err
	}
	if v.Manifest == nil {
		return "", fault.New(fault.NotFound, "the manifest of %s@%s is not kept, so its instructions cannot be shown", agent, short(digest))
	}
	return strings.TrimRight(v.Manifest.Blueprint.Spec.Instructions, "\n") + "\n", nil
}
