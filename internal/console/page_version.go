package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// versionView is the body of a version's page.
type versionView struct {
	resource.Version
	Map          guardMap
	Checked      *policyCheck
	Policies     []string
	Environments []string // where another version can be replaced by this one
}

// policyCheck is the signed answer to the properties of a version's guard.
type policyCheck struct {
	control.VerifiedEvidence
	guard.PropertyReport
	Failed  int
	Problem string // why the evidence is not to be believed or read
}

// versionRef reads agent and version from the path: /agents/{agent}/versions/{version}.
func versionRef(rq *request) string {
	return rq.PathValue("agent") + "@" + rq.PathValue("version")
}

// versionPage is one version: its guard, drawn, and what was proved of it.
func (s *server) versionPage(rq *request) (view, error) {
	if rq.live { // nothing of a version changes, and every signature would be verified again
		return view{template: "version", title: versionRef(rq), nav: "fleet"}, nil
	}
	ctx, p := rq.Context(), rq.who
	ver, err := s.control.Version(ctx, p, versionRef(rq))
	if err != nil {
		return view{}, err
	}
	v := versionView{Version: ver}
	a, err := s.control.Automaton(ctx, p, ver.Agent+"@"+ver.Digest)
	switch {
	case err == nil:
		v.Map = guardMapOf(a, nil)
	case fault.Is(err, fault.Verification), fault.Is(err, fault.Invalid):
		v.Map.Missing = messageOf(err)
	default:
		return view{}, err
	}
	if v.Checked, err = s.policyCheckOf(rq, ver); err != nil {
		return view{}, err
	}
	if ver.Manifest != nil {
		for _, pol := range ver.Manifest.Blueprint.Spec.Policies {
			v.Policies = append(v.Policies, pol.ID)
		}
		slices.Sort(v.Policies)
	}
	if v.Environments, err = s.servedIn(rq, ver.Agent); err != nil {
		return view{}, err
	}
	return view{template: "version", title: ver.Name, nav: "fleet", body: v}, nil
}

// policyCheckOf reads the newest evidence of a policy check, nil for none.
func (s *server) policyCheckOf(rq *request, ver resource.Version) (*policyCheck, error) {
	list, err := s.control.Evidence(rq.Context(), rq.who, ver.Agent+"@"+ver.Digest)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(e control.VerifiedEvidence) bool { return e.Kind == resource.EvidencePolicy })
	if i < 0 {
		return nil, nil
	}
	c := &policyCheck{VerifiedEvidence: list[i]}
	switch {
	case !c.Verified:
		c.Problem = "The signature of this evidence does not hold: " + c.VerifiedEvidence.Problem
	case json.Unmarshal(c.Report, &c.PropertyReport) != nil:
		c.Problem = "The report of this evidence cannot be read."
	}
	for _, r := range c.Properties {
		if r.Failed() {
			c.Failed++
		}
	}
	return c, nil
}

// servedIn are the environments in which a version of the agent serves.
func (s *server) servedIn(rq *request, agent string) ([]string, error) {
	a, err := s.control.Agent(rq.Context(), rq.who, agent)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range a.Deployments {
		if d.Stable != "" {
			names = append(names, d.Environment)
		}
	}
	return names, nil
}

// versionPath is the address of a version's page.
func versionPath(agent string, number int) string {
	return fmt.Sprintf("/agents/%s/versions/v%d", url.PathEscape(agent), number)
}
