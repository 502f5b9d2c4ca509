package main

import (
	"context"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/telemetry"
)

// channelConfig is by what people are told, and by what they can answer, besides
// the console and the API. Its secrets come from the environment and stay in
// memory.
type channelConfig struct {
	Webhook      telemetry.WebhookConfig // URL "": none
	SlackURL     string                  // incoming webhook; "": none
	SlackSecret  string                  // signing secret of the app; "": Slack answers nothing
	AnswerSecret string                  // of the generic channel; "": it answers nothing
	Console      string                  // address of the console, for links; "": the server's own, on loopback
}

// minSecret is the shortest secret that answers are checked with.
const minSecret = 16

// channelsOf reads it from the environment.
func channelsOf(e *env) (channelConfig, error) {
	c := channelConfig{Webhook: telemetry.WebhookConfig{URL: e.getenv("AUREUS_WEBHOOK_URL"), Secret: e.getenv("AUREUS_WEBHOOK_SECRET")},
		SlackURL: e.getenv("AUREUS_SLACK_WEBHOOK_URL"), SlackSecret: e.getenv("AUREUS_SLACK_SIGNING_SECRET"),
		AnswerSecret: e.getenv("AUREUS_ANSWER_SECRET"), Console: e.getenv("AUREUS_PUBLIC_URL")}
	for name, secret := range map[string]string{"AUREUS_SLACK_SIGNING_SECRET": c.SlackSecret, "AUREUS_ANSWER_SECRET": c.AnswerSecret} {
		if secret != "" && len(secret) < minSecret {
			return c, fault.New(fault.Invalid, "%s is shorter than %d bytes; make one with: openssl rand -hex 32", name, minSecret)
		}
	}
	return c, nil
}

// notifiers are who is to be told.
func (s *stack) notifiers() (map[string]control.Notifier, error) {
	c, all := s.cfg.Channels, map[string]control.Notifier{}
	if c.Webhook.URL != "" {
		hook, err := telemetry.NewWebhook(c.Webhook)
		if err != nil {
			return nil, err
		}
		all["webhook"] = hook
	}
	if c.SlackURL != "" {
		slack, err := telemetry.NewSlack(telemetry.SlackConfig{URL: c.SlackURL, Buttons: c.SlackSecret != "", Console: c.Console})
		if err != nil {
			return nil, err
		}
		s.slack, all["slack"] = slack, slack
	}
	return all, nil
}

// hooks is how signed answers are checked.
func (s *stack) hooks() api.Hooks {
	h := api.Hooks{Generic: []byte(s.cfg.Channels.AnswerSecret), Slack: []byte(s.cfg.Channels.SlackSecret)}
	if s.slack != nil {
		h.Reply = func(ctx context.Context, url string, r api.SlackReply) error { return s.slack.Reply(ctx, url, r) }
	}
	return h
}
