package live

import (
	"context"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

// talker is an agent without tools and with n cases to evaluate.
func talker(n int) *blueprint.Agent {
	a := &blueprint.Agent{APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "talker", Owner: "bench"},
		Spec: blueprint.Spec{Goal: "Answer customers", Instructions: "Answer customers.", RiskTier: blueprint.TierLow, Zone: blueprint.ZonePublic,
			Model: blueprint.Model{Name: "instant-1"}}}
	suite := blueprint.Suite{Name: "smoke"}
	for i := range n {
		suite.Scenarios = append(suite.Scenarios, blueprint.Scenario{Name: fmt.Sprintf("case-%d", i), Input: fmt.Sprintf("Where is order %d?", i),
			Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "contains", Text: "on its way"}}}})
	}
	// One case cannot show that a version is no worse: the pass rate decides.
	a.Spec.Evaluation = blueprint.Evaluation{Suites: []blueprint.Suite{suite}, OnUnclear: blueprint.UnclearPass}
	return a
}

// shopCommand starts the example's MCP server.
var shopCommand = []string{"aureus", "example", "shop", "--db", "shop/shop.db"}

// looker is an agent that makes one tool call over a real MCP server.
func looker() *blueprint.Agent {
	a := talker(1)
	no, yes := false, true
	a.Metadata.Name = "looker"
	a.Spec.Zone = blueprint.ZoneInternal
	a.Spec.Servers = []blueprint.Server{{Name: "shop", Stdio: &blueprint.StdioServer{Command: shopCommand, Sandbox: blueprint.Sandbox{Write: []string{"shop"}}}}}
	a.Spec.Tools = []blueprint.Tool{{Name: "lookup_order", Server: "shop", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead,
		Zone: blueprint.ZoneInternal, Labels: blueprint.Labels{ReadsOutside: &no, ReadsPrivate: &yes, ActsOutside: &no, ActsInside: &no}}}
	a.Spec.Permissions = []blueprint.Permission{{Tools: []string{"*"}, Intents: []blueprint.Intent{blueprint.IntentRead}, Zone: blueprint.ZoneInternal}}
	sc := &a.Spec.Evaluation.Suites[0].Scenarios[0]
	sc.Fixtures = []blueprint.Fixture{{Tool: "lookup_order", Result: map[string]any{"status": "shipped"}}}
	return a
}

// people are the clients that a release needs: an author, and an approver who is
// somebody else.
type people struct {
	author, approver *client.Client
	secret           string // the author's
}

func tokens(ctx context.Context, s *server) (p people, err error) {
	admin, err := s.admin()
	if err != nil {
		return p, err
	}
	for _, who := range []struct {
		role resource.Role
		as   **client.Client
	}{{resource.RoleDeveloper, &p.author}, {resource.RoleApprover, &p.approver}} {
		t, err := admin.CreateToken(ctx, resource.TokenRequest{Name: string(who.role), Roles: []resource.Role{who.role}})
		if err != nil {
			return p, err
		}
		if who.role == resource.RoleDeveloper {
			p.secret = t.Secret
		}
		if *who.as, err = client.New(s.url, t.Secret, nil); err != nil {
			return p, err
		}
	}
	return p, nil
}

// deploy takes an agent to production.
func (p people) deploy(ctx context.Context, a *blueprint.Agent) error {
	v, err := p.author.Push(ctx, resource.PushRequest{Blueprint: a})
	if err != nil {
		return err
	}
	for _, env := range []string{"staging", "production"} {
		rel, err := p.author.StartRelease(ctx, resource.ReleaseRequest{Version: v.Version.Name, Environment: env})
		if err != nil {
			return err
		}
		if err := p.follow(ctx, rel.ID); err != nil {
			return err
		}
	}
	return nil
}

// follow approves a release and waits until it is promoted.
func (p people) follow(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	asked := ""
	for {
		rel, err := p.author.Release(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case rel.State == resource.ReleasePromoted:
			return nil
		case rel.State.Final():
			return fmt.Errorf("release %s of %s ended %s: %s", id, rel.Agent, rel.State, rel.Reason)
		case rel.State == resource.ReleaseAwaiting && rel.Approval != asked:
			asked = rel.Approval
			if err := p.approve(ctx, rel.Approval); err != nil {
				return err
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p people) approve(ctx context.Context, id string) error {
	view, err := p.approver.ViewApproval(ctx, id)
	if err != nil {
		return err
	}
	_, err = p.approver.Decide(ctx, id, resource.DecideRequest{Token: view.Token, Approve: true, Reason: "benchmark"})
	return err
}
