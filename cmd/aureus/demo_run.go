package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/resource"
)

// demo drives a real server over its API, each principal with a token of its own.
type demo struct {
	env    *env
	dir    string
	began  time.Time
	show   *timeline
	result demoResult

	stack   *stack
	script  *http.Server // the scripted model; nil with a model of the user's own
	clients map[string]*client.Client
	tokens  map[string]string
	traffic *traffic

	versions map[int]*blueprint.Agent // what was pushed, by number
	bad      resource.Release         // the release that was rolled back
	cause    resource.FailureGroup    // of the failing runs of version 3
}

const demoAgent = "refund-desk"

func (d *demo) run(ctx context.Context, listen string) error {
	d.result.Steps, d.result.Releases = []demoStep{}, []demoRelease{}
	d.versions = map[int]*blueprint.Agent{}
	chapters := []func(context.Context) error{
		func(ctx context.Context) error { return d.start(ctx, listen) },
		d.firstVersion, d.secondVersion, d.badVersion, d.mend, d.audit,
	}
	for _, c := range chapters {
		if err := c(ctx); err != nil {
			return err
		}
	}
	d.traffic.stop()
	return nil
}

// close stops what the demo started.
func (d *demo) close() {
	if d.traffic != nil {
		d.traffic.stop()
	}
	if d.stack != nil {
		d.stack.stop()
	}
	if d.script != nil {
		_ = d.script.Close() // nothing is left to answer
	}
}

// start brings up the shop, the model and the server, and makes a token for each
// role that takes part.
func (d *demo) start(ctx context.Context, listen string) error {
	d.show.chapter("A server, and the people around it")
	err := d.step("serve", "the control plane serves", "aureus serve --data "+filepath.Join(d.dir, "data"), func() (string, error) {
		shop, err := refunddesk.OpenShop(ctx, filepath.Join(d.dir, demoShopFolder, "shop.db"))
		if err != nil {
			return "", err
		}
		if err := shop.Close(); err != nil {
			return "", err
		}
		models, which, err := d.model()
		if err != nil {
			return "", err
		}
		cfg := stackConfig{Data: filepath.Join(d.dir, "data"), Listen: listen, Models: models, ToolDir: d.dir}
		d.stack, err = startStack(ctx, cfg)
		if fault.Is(err, fault.Unavailable) {
			cfg.Listen = "127.0.0.1:0"
			d.stack, err = startStack(ctx, cfg)
		}
		if err != nil {
			return "", err
		}
		d.result.Console = d.stack.URL
		return fmt.Sprintf("%s, an empty database, a new signing key; model: %s", d.stack.URL, which), nil
	})
	if err != nil {
		return err
	}
	return d.step("tokens", "everybody gets a token with a role", "aureus token create --name approver --role approver", func() (string, error) {
		return "author: developer · approver: approver · operator: operator · auditor: auditor · app: service", d.makeTokens(ctx)
	})
}

// model is the user's endpoint, or the scripted model on loopback.
func (d *demo) model() (model.Config, string, error) {
	cfg, err := modelConfig(d.env, "")
	if err != nil || len(cfg.Providers) > 0 {
		return cfg, "your own, from AUREUS_MODEL_URL", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return cfg, "", fault.Wrap(err, fault.Unavailable, "the scripted model cannot listen on loopback")
	}
	d.script = &http.Server{Handler: refunddesk.Model(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.script.Serve(l) }() // ends with Close
	cfg.Providers[model.DefaultProvider] = model.Provider{URL: "http://" + l.Addr().String() + "/v1"}
	return cfg, "scripted, on loopback", nil
}

var demoPrincipals = []resource.TokenRequest{
	{Name: "author", Kind: "human", Roles: []resource.Role{resource.RoleDeveloper}},
	{Name: "approver", Kind: "human", Roles: []resource.Role{resource.RoleApprover}},
	{Name: "operator", Kind: "human", Roles: []resource.Role{resource.RoleOperator}},
	{Name: "auditor", Kind: "human", Roles: []resource.Role{resource.RoleAuditor}},
	{Name: "shop-app", Kind: "service", Roles: []resource.Role{resource.RoleViewer}},
}

func (d *demo) makeTokens(ctx context.Context) error {
	admin, err := client.New(d.stack.URL, d.stack.AdminToken, nil)
	if err != nil {
		return err
	}
	d.clients = map[string]*client.Client{"admin": admin}
	d.tokens = map[string]string{"admin": d.stack.AdminToken}
	for _, r := range demoPrincipals {
		t, err := admin.CreateToken(ctx, r)
		if err != nil {
			return err
		}
		if d.clients[r.Name], err = client.New(d.stack.URL, t.Secret, nil); err != nil {
			return err
		}
		d.tokens[r.Name] = t.Secret
	}
	return nil
}

// as is the client of a principal.
func (d *demo) as(name string) *client.Client { return d.clients[name] }
