package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// exportEvidence writes what an outsider needs to verify a version: the bundles,
// the public key, and the canonical manifest that they are about.
func exportEvidence(ctx context.Context, c *client.Client, ref, dir string, list []resource.VerifiedEvidence) error {
	v, err := c.Version(ctx, ref)
	if err != nil {
		return err
	}
	keys, err := c.Keys(ctx)
	if err != nil {
		return err
	}
	manifest, err := blueprint.Canonical(v.Manifest)
	if err != nil {
		return err
	}
	if digest, err := blueprint.Digest(v.Manifest); err != nil || digest != v.Digest {
		return fault.New(fault.Verification, "the manifest of %s is not what its digest names: it was changed after it was registered", v.Name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the folder %s cannot be made", dir)
	}
	if err := writeInto(dir, "manifest.json", manifest); err != nil {
		return err
	}
	if err := writeInto(dir, "aureus.pub", []byte(keys.PEM)); err != nil {
		return err
	}
	for _, ev := range list {
		if err := writeInto(dir, fmt.Sprintf("%s-%s.sigstore.json", strings.ReplaceAll(ev.Kind, "/", "-"), ev.ID), ev.Bundle); err != nil {
			return err
		}
	}
	return nil
}
