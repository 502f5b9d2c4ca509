package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// TestReleasesWithoutStage: a release from before there were pipelines goes by the
// built-in one, and a later one keeps its stage.
func TestReleasesWithoutStage(t *testing.T) {
	t.Parallel()
	db := OpenTemplate(t, filepath.Join(t.TempDir(), "aureus.db"))
	defer db.Close()
	own := resource.ReleaseStage{Pipeline: "team"}
	own.Stage.Name = "production"
	stages := map[string]resource.ReleaseStage{"kept": own}
	rels := []resource.Release{{ID: "kept", Agent: "a", Environment: "production", Stage: own, State: resource.ReleasePromoted, Revision: 1}}
	for _, env := range pipeline.Names(pipeline.BuiltIn()) {
		rs, err := pipeline.StageOf(pipeline.BuiltIn(), env, false)
		if err != nil {
			t.Fatal(err)
		}
		stages[env] = rs
		rels = append(rels, resource.Release{ID: env, Agent: "a", Environment: env, State: resource.ReleaseAwaiting, Revision: 1})
	}
	if err := db.Update(t.Context(), func(tx control.Tx) error {
		for _, rel := range rels {
			if err := tx.InsertRelease(rel); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	migration, err := migrations.ReadFile("migrations/00010_release_stages.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.Exec(string(migration)); err != nil {
		t.Fatalf("%s: %v", migration, err)
	}
	for id, want := range stages {
		var rel resource.Release
		if err := db.View(t.Context(), func(r control.Reader) (err error) { rel, err = r.Release(id); return err }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rel.Stage); diff != "" {
			t.Errorf("Release(%s).Stage differs (-want +got):\n%s", id, diff)
		}
	}
}
