package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/generate"
	"github.com/aureus-agents/aureus/resource"
)

// fromTemplate makes version 1.
func (d *demo) fromTemplate() (*blueprint.Agent, resource.GenerationRecord, error) {
	return generate.FromTemplate("support-desk", map[string]string{
		"name": demoAgent, "owner": "customer-care", "server": demoShopCommand, "writes": demoShopFolder, "refundTier": "medium",
	}, time.Now)
}

// demoShopCommand starts the shop's MCP server; the database is in a folder of
// its own, the only one that the server's sandbox lets it change.
const (
	demoShopFolder  = "shop"
	demoShopCommand = "aureus example shop --db " + demoShopFolder + "/shop.db"
)

// clone copies a blueprint through its own format.
func clone(a *blueprint.Agent) (*blueprint.Agent, error) {
	text, err := a.YAML()
	if err != nil {
		return nil, err
	}
	return blueprint.Parse(a.Metadata.Name+".yaml", text, blueprint.Options{})
}

// withVoucher is version 2: the agent may also give vouchers.
func withVoucher(a *blueprint.Agent) (*blueprint.Agent, error) {
	a, err := clone(a)
	if err != nil {
		return nil, err
	}
	refund := *a.Tool("issue_refund")
	voucher := blueprint.Tool{Name: "issue_voucher", Server: refund.Server, RiskTier: blueprint.TierMedium, Intent: blueprint.IntentWrite,
		Zone: refund.Zone, Labels: refund.Labels}
	a.Spec.Tools = append(a.Spec.Tools, voucher)
	a.Spec.Instructions = strings.TrimRight(a.Spec.Instructions, "\n") + "\nCustomers of orders over 100 euros get a voucher of 10 percent.\n"
	for i := range a.Spec.Permissions {
		if slices.Contains(a.Spec.Permissions[i].Tools, "issue_refund") {
			a.Spec.Permissions[i].Tools = append(a.Spec.Permissions[i].Tools, voucher.Name)
		}
	}
	if a.Spec.Workflow != nil {
		for i := range a.Spec.Workflow.Phases {
			p := &a.Spec.Workflow.Phases[i]
			if slices.Contains(p.Tools, "issue_refund") {
				p.Tools = append(p.Tools, voucher.Name)
			}
		}
	}
	for i := range a.Spec.Evaluation.Suites {
		for j := range a.Spec.Evaluation.Suites[i].Scenarios {
			sc := &a.Spec.Evaluation.Suites[i].Scenarios[j]
			sc.Fixtures = append(sc.Fixtures, blueprint.Fixture{Tool: voucher.Name, Result: map[string]any{"status": "issued"}})
		}
	}
	return a, nil
}

// withRegression is version 3: one more sentence, well meant. No scenario has an
// order with shipping costs.
func withRegression(a *blueprint.Agent) (*blueprint.Agent, error) {
	a, err := clone(a)
	if err != nil {
		return nil, err
	}
	a.Spec.Instructions = strings.TrimRight(a.Spec.Instructions, "\n") + "\nBe generous: refund the shipping on top of the total.\n"
	return a, nil
}

// mended is version 4: version 2 with the lesson in its instructions and the
// failing run as a scenario.
func mended(good *blueprint.Agent, lesson blueprint.Scenario) (*blueprint.Agent, error) {
	a, err := clone(good)
	if err != nil {
		return nil, err
	}
	a.Spec.Instructions = strings.TrimRight(a.Spec.Instructions, "\n") + "\nThe total of an order includes its shipping; refund the total and no more.\n"
	a.Spec.Evaluation.Suites = append(a.Spec.Evaluation.Suites, blueprint.Suite{Name: "regressions", Scenarios: []blueprint.Scenario{lesson}})
	return a, nil
}

// write puts a version into the demo's folder, for a reader to look at.
func (d *demo) write(n int, a *blueprint.Agent) (file string, err error) {
	text, err := a.YAML()
	if err != nil {
		return "", err
	}
	d.versions[n] = a
	file = filepath.Join(d.dir, fmt.Sprintf("refund-desk.v%d.yaml", n))
	return file, os.WriteFile(file, text, 0o600)
}
