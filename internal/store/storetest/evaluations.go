package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testEvaluations(t *testing.T, s *suite) {
	put := func(scope, key, doc string, at resource.Millis) {
		s.update(func(tx control.Tx) error { return tx.PutEvaluationRun(scope, key, []byte(doc), at) })
	}
	// kept is what the three runs are, "" for one that is not there.
	kept := func() [3]string {
		var out [3]string
		for i, at := range [3][2]string{{"release/1", "a"}, {"release/1", "b"}, {"release/2", "a"}} {
			err := s.store.View(t.Context(), func(r control.Reader) error {
				doc, err := r.EvaluationRun(at[0], at[1])
				if err == nil {
					out[i] = string(doc)
				}
				return err
			})
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("EvaluationRun(%q, %q) = %v, want %s", at[0], at[1], err, fault.NotFound)
			}
		}
		return out
	}
	equal(t, "EvaluationRun of nothing", kept(), [3]string{})
	put("release/1", "a", "{}", 10)
	put("release/1", "b", `{"passed":true}`, 20)
	put("release/2", "a", `{"passed":false}`, 30)
	put("release/1", "a", `{"score":1}`, 40)
	equal(t, "EvaluationRun", kept(), [3]string{`{"score":1}`, `{"passed":true}`, `{"passed":false}`})
	s.update(func(tx control.Tx) error { return tx.ForgetEvaluationRuns(30) })
	equal(t, "EvaluationRun after those before 30 are forgotten", kept(), [3]string{`{"score":1}`, "", `{"passed":false}`})
	s.update(func(tx control.Tx) error { return tx.DropEvaluationRuns("release/1") })
	equal(t, "EvaluationRun after a scope is dropped", kept(), [3]string{"", "", `{"passed":false}`})
}
