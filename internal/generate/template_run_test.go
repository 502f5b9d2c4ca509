package generate

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// TestSupportDeskRuns simulates the template over the real model client with the
// example's model server, in both of its tiers.
func TestSupportDeskRuns(t *testing.T) {
	srv := httptest.NewServer(refunddesk.Model())
	defer srv.Close()
	models, err := model.New(model.Config{Providers: map[string]model.Provider{model.DefaultProvider: {URL: srv.URL + "/v1"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tier := range []string{"high", "medium"} {
		t.Run(tier, func(t *testing.T) {
			a, _, err := FromTemplate("support-desk", map[string]string{"owner": "support", "refundTier": tier}, fixedNow)
			if err != nil {
				t.Fatal(err)
			}
			m, err := models.Model(a.Spec.Model)
			if err != nil {
				t.Fatal(err)
			}
			manifest := &resource.Manifest{APIVersion: blueprint.APIVersion, Kind: resource.KindVersion, Blueprint: *a}
			var first []byte
			for range 5 {
				r, err := simulate.Run(t.Context(), manifest, "sha256:0", m, simulate.Options{Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				b, err := blueprint.Canonical(r)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = b
				}
				if !bytes.Equal(first, b) {
					t.Fatalf("simulate.Run twice: reports differ\n%s\n%s", first, b)
				}
				var text bytes.Buffer
				if err := r.Text(&text); err != nil || !r.Passed {
					t.Fatalf("simulate.Run = not passed, %v\n%s", err, text.String())
				}
			}
		})
	}
}
