package evaluate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/model"
)

// BenchmarkThousandCases evaluates 1,000 cases over the real OpenAI client
// against a model server in this process that answers at once.
func BenchmarkThousandCases(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"1","object":"chat.completion","model":"instant-1","choices":[{"index":0,"finish_reason":"stop",`+
			`"message":{"role":"assistant","content":"Paris"}}],"usage":{"prompt_tokens":20,"completion_tokens":1,"total_tokens":21}}`)
	}))
	defer srv.Close()
	models, err := model.New(model.Config{Providers: map[string]model.Provider{model.DefaultProvider: {URL: srv.URL + "/v1"}}})
	if err != nil {
		b.Fatal(err)
	}
	scs := make([]blueprint.Scenario, 1000)
	for i := range scs {
		scs[i] = say(fmt.Sprintf("case %d", i), fmt.Sprintf("What is the capital of France? (%d)", i), "Paris")
	}
	s := subject(nil, blueprint.Suite{Name: "s", Scenarios: scs})
	if s.Model, err = models.Model(s.Manifest.Blueprint.Spec.Model); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := Run(b.Context(), s, nil, Options{})
		if err != nil || !r.Passed {
			b.Fatalf("Run = %s, %v; want passed", r.Message, err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-sys")
}
