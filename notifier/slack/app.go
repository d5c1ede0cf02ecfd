package slack

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// Config is how to reach one Slack workspace.
type Config struct {
	BotToken      string // xoxb-…
	AppToken      string // xapp-…, for Socket Mode only
	SigningSecret string // for HTTP only
	Team          string // the workspace's id; whoever is of another one is refused
	APIURL        string // with a slash at its end; empty is Slack's own

	Vocabulary func(context.Context) notifier.Vocabulary // the names that forms and help offer
	Clock      func() time.Time                          // time.Now where nil
	Timeout    time.Duration                             // of one call; 20 s where 0
	Patience   time.Duration                             // how long who spoke waits for another system before they are told; 2 min where 0
	Log        *slog.Logger
	Refused    func(why string) // counts what was refused, by a name such as "signature"; may be nil

	// Watched returns a transport that passes calls on to the one it is
	// given, and counts them on the way. It may be nil.
	Watched func(http.RoundTripper) http.RoundTripper
}

// An App is changebot as one workspace has installed it.
type App struct {
	config Config
	api    *api.Client
	http   *http.Client
	bot    string // its user id
	limits *limits

	patience patience

	mu  sync.Mutex
	dms map[string]string // by user id; a cache
}

// Dial asks Slack who we are. It refuses an empty token or team, and a token of
// another workspace.
func Dial(ctx context.Context, config Config) (*App, error) {
	if config.BotToken == "" || config.Team == "" {
		return nil, &gitops.Error{
			Code: gitops.Invalid, Message: "Slack's bot token and team id are both needed.",
			Next: "Set them; without a team id nobody could be told from a stranger.",
		}
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.Refused == nil {
		config.Refused = func(string) {}
	}
	config.Timeout = cmp.Or(config.Timeout, 20*time.Second)
	config.Patience = cmp.Or(config.Patience, 2*time.Minute)
	client := &http.Client{Timeout: config.Timeout}
	if config.Watched != nil {
		client.Transport = config.Watched(http.DefaultTransport)
	}
	options := []api.Option{api.OptionHTTPClient(client)}
	if config.AppToken != "" {
		options = append(options, api.OptionAppLevelToken(config.AppToken))
	}
	if config.APIURL != "" {
		options = append(options, api.OptionAPIURL(config.APIURL))
	}
	a := &App{config: config, api: api.New(config.BotToken, options...), http: client, dms: map[string]string{}, limits: &limits{clock: config.Clock}, patience: slackPatience()}
	var self *api.AuthTestResponse
	if err := a.call("auth.test", "", func() (err error) { self, err = a.api.AuthTestContext(ctx); return err }); err != nil {
		return nil, fmt.Errorf("ask Slack who we are: %w", err)
	}
	if self.TeamID != config.Team {
		return nil, &gitops.Error{
			Code: gitops.Invalid, Message: fmt.Sprintf("The bot token belongs to the workspace %s, not to %s.", self.TeamID, config.Team),
			Next: "Correct the team id, or install the app in the other workspace.",
		}
	}
	a.bot = self.UserID
	return a, nil
}

// BotUser is the user id under which changebot is mentioned.
func (a *App) BotUser() string { return a.bot }

// Close lets go of idle connections.
func (a *App) Close() { a.http.CloseIdleConnections() }

func (a *App) vocabulary(ctx context.Context) notifier.Vocabulary {
	if a.config.Vocabulary == nil {
		return notifier.Vocabulary{}
	}
	return a.config.Vocabulary(ctx)
}
