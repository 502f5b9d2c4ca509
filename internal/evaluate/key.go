package evaluate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
)

// engine is the version of the rules by which runs are made and judged. A change
// that gives the same run another result raises it, so that no kept run of the old
// rules is taken for one of the new.
const engine = "1"

// digestCases computes what each case depends on: itself with its graders, and
// what its suite gives it.
func (e *evaluation) digestCases() error {
	shared := map[string]string{}
	for _, s := range e.bp.Spec.Evaluation.Suites {
		d, err := blueprint.Digest(map[string]any{"starlark": s.Starlark, "state": s.State})
		if err != nil {
			return err
		}
		shared[s.Name] = d
	}
	e.digests = make([]string, len(e.cases))
	for i, c := range e.cases {
		d, err := blueprint.Digest(c.Scenario)
		if err != nil {
			return err
		}
		e.digests[i] = hashOf(c.Suite, shared[c.Suite], d)
	}
	return nil
}

// key names a run by all that it depends on: the version, the case with its
// graders, the seed, the repeat and the model that is served.
func (e *evaluation) key(a *arm, c, r int) string {
	return hashOf("run", engine, a.digest, e.digests[c], fmt.Sprint(e.Seed+int64(r)), fmt.Sprint(r), a.served)
}

// hashOf is a digest of parts that cannot run into each other.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
