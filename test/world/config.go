package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// webhookSecret signs GitHub's webhooks in a world.
const webhookSecret = "world-webhook-secret"

// Config is a changebot.yaml for this world, without listen and data.
func (w *World) Config() string {
	return fmt.Sprintf(`repositories:
  - {name: %s, branch: %s}
github: {app_id: %d, slug: %s, api_url: %s, git_url: %s}
slack: {team: %s, api_url: %s}
argocd: {server: "%s", plaintext: true, url: %s}
timing: {%s}
`,
		Repository, Branch, w.GitHub.App().ID, w.GitHub.App().Slug, strings.TrimSuffix(w.GitHub.APIURL(), "/"), w.GitHub.URL(),
		w.Slack.TeamID(), w.Slack.APIURL(), w.argoAddr, w.argoURL, w.timing())
}

// timing is short enough for a test, but for what the options say.
func (w *World) timing() string {
	all := map[string]time.Duration{
		"poll": 200 * time.Millisecond, "settle": time.Second, "grace": 2 * time.Second, "observe": 500 * time.Millisecond,
		"reconcile": 2 * time.Second, "lag": 2 * time.Second, "deadline": 2 * time.Minute,
	}
	maps.Copy(all, w.opts.Timing)
	var said []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		said = append(said, name+": "+all[name].String())
	}
	return strings.Join(said, ", ")
}

// Env is the secrets of this world, as changebot's environment.
func (w *World) Env() []string {
	env := []string{
		"CHANGEBOT_SIGNING_KEY=" + signingKey(),
		"CHANGEBOT_GITHUB_PRIVATE_KEY=" + string(w.GitHub.App().KeyPEM),
		"CHANGEBOT_GITHUB_WEBHOOK_SECRET=" + webhookSecret,
		"CHANGEBOT_SLACK_BOT_TOKEN=" + w.Slack.BotToken(),
		"CHANGEBOT_SLACK_SIGNING_SECRET=" + w.Slack.SigningSecret(),
		"CHANGEBOT_ARGOCD_TOKEN=" + w.token,
	}
	if w.opts.SocketMode {
		env = append(env, "CHANGEBOT_SLACK_APP_TOKEN="+w.Slack.AppToken())
	}
	return env
}

// Connect tells Slack and GitHub where changebot listens.
func (w *World) Connect(url string) {
	w.GitHub.SetWebhook(url+"/github/webhook", webhookSecret)
	w.Slack.SetURLs(url+"/slack/commands", url+"/slack/events", url+"/slack/interactions")
}
