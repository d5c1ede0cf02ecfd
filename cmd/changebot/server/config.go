package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Config is what changebot.yaml and the environment say. Secrets come from
// the environment only, each as NAME or NAME_FILE.
type Config struct {
	Listen       string       `yaml:"listen"` // address of the HTTP server; empty is 127.0.0.1:8080
	Operations   Operations   `yaml:"operations"`
	Data         string       `yaml:"data"` // folder for git mirrors and the default store
	Store        Store        `yaml:"store"`
	Repositories []Repository `yaml:"repositories"`
	Git          Git          `yaml:"git"`
	GitHub       GitHub       `yaml:"github"`
	Slack        Slack        `yaml:"slack"`
	ArgoCD       ArgoCD       `yaml:"argocd"`
	Timing       Timing       `yaml:"timing"`

	// Builder is the command that builds manifests, with its arguments: this
	// program, from its own main. Empty: nothing is rendered.
	Builder []string `yaml:"-"`

	SigningKey Secret `yaml:"-"` // CHANGEBOT_SIGNING_KEY: 32 bytes in base64, signs blocks in pull requests
}

// Operations says where probes and metrics are served.
type Operations struct {
	// Listen is the address of a listener of its own, for those who watch the
	// machine; empty is none. It knows no authentication.
	Listen string `yaml:"listen"`
}

// Store says where state is kept.
type Store struct {
	URL string `yaml:"url"` // sqlite:///path/file.db or postgres://…; empty is changebot.db in Data
}

// A Repository is a GitOps repository that is served.
type Repository struct {
	Name   string `yaml:"name"`   // owner/name
	Branch string `yaml:"branch"` // base branch; empty is main
}

// GitHub says how GitHub is reached.
type GitHub struct {
	AppID  int64  `yaml:"app_id"`
	Slug   string `yaml:"slug"`    // of the App, as in its page's address
	APIURL string `yaml:"api_url"` // of an Enterprise Server, ending in /api/v3; empty is github.com
	GitURL string `yaml:"git_url"` // root of clone addresses; empty is https://github.com

	PrivateKey    Secret `yaml:"-"` // CHANGEBOT_GITHUB_PRIVATE_KEY, PEM
	WebhookSecret Secret `yaml:"-"` // CHANGEBOT_GITHUB_WEBHOOK_SECRET
}

// Slack says how Slack is reached. With an app token events come by Socket
// Mode, else by HTTP with the signing secret.
type Slack struct {
	Team    string `yaml:"team"`    // workspace id; nobody else is heard
	APIURL  string `yaml:"api_url"` // empty is Slack's own
	Command string `yaml:"command"` // the slash command, for texts; empty is /change

	BotToken      Secret `yaml:"-"` // CHANGEBOT_SLACK_BOT_TOKEN
	SigningSecret Secret `yaml:"-"` // CHANGEBOT_SLACK_SIGNING_SECRET
	AppToken      Secret `yaml:"-"` // CHANGEBOT_SLACK_APP_TOKEN
}

// ArgoCD says how Argo CD is reached.
type ArgoCD struct {
	Server    string `yaml:"server"`    // host:port of the API
	PlainText bool   `yaml:"plaintext"` // no TLS
	Insecure  bool   `yaml:"insecure"`  // TLS without checking the certificate
	URL       string `yaml:"url"`       // root of its pages, for links; empty is https://server

	Token Secret `yaml:"-"` // CHANGEBOT_ARGOCD_TOKEN
}

// Timing says how long things wait.
type Timing struct {
	Expiry    time.Duration `yaml:"expiry"`    // a proposal waits for decisions; 0 is 168h
	Poll      time.Duration `yaml:"poll"`      // between looks at a rollout; 0 is 5s
	Settle    time.Duration `yaml:"settle"`    // healthy for so long before it counts; 0 is 10s
	Grace     time.Duration `yaml:"grace"`     // degraded for so long before it counts; 0 is 30s
	Deadline  time.Duration `yaml:"deadline"`  // a rollout may take; 0 is 30m
	Lag       time.Duration `yaml:"lag"`       // Slack's history may lag by so much; 0 is 1m
	Observe   time.Duration `yaml:"observe"`   // between notes of everything's health; 0 is 15s
	Reconcile time.Duration `yaml:"reconcile"` // between looks at every open change; 0 is 1m
	Answer    time.Duration `yaml:"answer"`    // another system may take to answer a call; 0 is 30s
	Patience  time.Duration `yaml:"patience"`  // another system may keep a change waiting before people are told; 0 is 2m
	Stop      time.Duration `yaml:"stop"`      // what is under way may take when told to stop; 0 is 20s
}

// LoadConfig reads a file and the environment. It reports everything that is
// wrong at once, with line numbers.
func LoadConfig(path string, env func(string) string) (Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("there is no file %s: name another one with --config, or write it as docs/configuration.md says", path)
	}
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	var c Config
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.secrets(env); err != nil {
		return c, err
	}
	c.defaults()
	return c, c.check()
}

func (c *Config) secrets(env func(string) string) error {
	var all error
	for name, into := range map[string]*Secret{
		"CHANGEBOT_SIGNING_KEY":           &c.SigningKey,
		"CHANGEBOT_GITHUB_PRIVATE_KEY":    &c.GitHub.PrivateKey,
		"CHANGEBOT_GITHUB_WEBHOOK_SECRET": &c.GitHub.WebhookSecret,
		"CHANGEBOT_SLACK_BOT_TOKEN":       &c.Slack.BotToken,
		"CHANGEBOT_SLACK_SIGNING_SECRET":  &c.Slack.SigningSecret,
		"CHANGEBOT_SLACK_APP_TOKEN":       &c.Slack.AppToken,
		"CHANGEBOT_ARGOCD_TOKEN":          &c.ArgoCD.Token,
	} {
		secret, err := SecretFrom(env, name)
		*into, all = secret, errors.Join(all, err)
	}
	return all
}

func (c *Config) defaults() {
	c.Listen = orElse(c.Listen, "127.0.0.1:8080")
	c.Data = orElse(c.Data, "changebot-data")
	c.Store.URL = orElse(c.Store.URL, storeIn(c.Data))
	c.GitHub.GitURL = orElse(c.GitHub.GitURL, "https://github.com")
	c.Slack.Command = orElse(c.Slack.Command, "/change")
	for i := range c.Repositories {
		c.Repositories[i].Branch = orElse(c.Repositories[i].Branch, "main")
	}
	for _, t := range c.Timing.all() {
		if *t.is == 0 {
			*t.is = t.fallback
		}
	}
}

// A wait is one of the durations in Timing.
type wait struct {
	name     string
	is       *time.Duration
	fallback time.Duration
}

func (t *Timing) all() []wait {
	return []wait{
		{"expiry", &t.Expiry, 7 * 24 * time.Hour},
		{"poll", &t.Poll, 5 * time.Second},
		{"settle", &t.Settle, 10 * time.Second},
		{"grace", &t.Grace, 30 * time.Second},
		{"deadline", &t.Deadline, 30 * time.Minute},
		{"lag", &t.Lag, time.Minute},
		{"observe", &t.Observe, 15 * time.Second},
		{"reconcile", &t.Reconcile, time.Minute},
		{"answer", &t.Answer, 30 * time.Second},
		{"patience", &t.Patience, 2 * time.Minute},
		{"stop", &t.Stop, 20 * time.Second},
	}
}

// longestAnswer keeps a call shorter than the lease of the step that makes it,
// which holds for a minute.
const longestAnswer = time.Minute

// check refuses what cannot work, and all that is unset where unset would mean
// that nobody is asked who they are.
func (c *Config) check() error {
	var all error
	need := func(ok bool, what string) {
		if !ok {
			all = errors.Join(all, errors.New(what))
		}
	}
	need(len(c.Repositories) > 0, "repositories: name at least one, as {name: owner/name}")
	need(c.Operations.Listen != c.Listen, "operations.listen: another address than listen; what it shows is not for the public")
	need(c.GitHub.AppID != 0, "github.app_id: the App's id, from its page")
	need(c.GitHub.Slug != "", "github.slug: the App's name as in its page's address")
	need(!c.GitHub.PrivateKey.IsZero(), "CHANGEBOT_GITHUB_PRIVATE_KEY or …_FILE: the App's private key, PEM")
	need(!c.GitHub.WebhookSecret.IsZero(), "CHANGEBOT_GITHUB_WEBHOOK_SECRET: the same as in the App's settings; it may not be empty")
	need(c.Slack.Team != "", "slack.team: the workspace's id, T…; nobody else is heard")
	need(!c.Slack.BotToken.IsZero(), "CHANGEBOT_SLACK_BOT_TOKEN: the bot's token, xoxb-…")
	need(!c.Slack.SigningSecret.IsZero() || !c.Slack.AppToken.IsZero(), "CHANGEBOT_SLACK_SIGNING_SECRET (HTTP) or CHANGEBOT_SLACK_APP_TOKEN (Socket Mode): one of them")
	need(c.ArgoCD.Server != "", "argocd.server: host:port of Argo CD's API")
	need(!c.ArgoCD.Token.IsZero(), "CHANGEBOT_ARGOCD_TOKEN: a token of an account that may get and sync applications")
	need(!c.SigningKey.IsZero(), "CHANGEBOT_SIGNING_KEY: 32 random bytes in base64, e.g. from: openssl rand -base64 32")
	for i, r := range c.Repositories {
		same := func(other Repository) bool { return strings.EqualFold(other.Name, r.Name) }
		need(!slices.ContainsFunc(c.Repositories[:i], same), "repositories: "+r.Name+" stands there twice; name it once, with one branch")
	}
	for _, t := range c.Timing.all() {
		need(*t.is > 0, fmt.Sprintf("timing.%s: longer than nothing, as %s; it is %s", t.name, t.fallback, *t.is))
	}
	need(c.Timing.Answer < longestAnswer, fmt.Sprintf("timing.answer: less than a minute; it is %s", c.Timing.Answer))
	return all
}

// storeIn is the address of the default store. It names an absolute path, for
// in an address the first part of a relative one would be a host.
func storeIn(data string) string {
	path := filepath.Join(data, "changebot.db")
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return (&url.URL{Scheme: "sqlite", Path: filepath.ToSlash(path)}).String()
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
