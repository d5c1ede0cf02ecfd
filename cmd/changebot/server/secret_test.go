package server

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestASecretIsNeverSeen(t *testing.T) {
	const value = "xoxb-not-to-be-seen"
	type config struct{ Token Secret }
	c := config{NewSecret(value)}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(h).Info("start", "token", c.Token, "config", c, "pointer", &c)
	}
	inJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	inYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"a log": log.String(), "JSON": string(inJSON), "YAML": string(inYAML), "%v": fmt.Sprintf("%v %v", c, &c), "%+v": fmt.Sprintf("%+v", c),
		"%#v": fmt.Sprintf("%#v %#v", c, c.Token), "%s": fmt.Sprintf("%s", c), "%q": fmt.Sprintf("%q", c.Token), "an error": fmt.Errorf("dial with %v", c.Token).Error(),
	} {
		if strings.Contains(text, value) || !strings.Contains(text, redacted) {
			t.Errorf("%s says %s", what, text)
		}
	}
	if c.Token.Reveal() != value {
		t.Error("who needs it gets it")
	}
}

func TestAStoresNameHasNoPassword(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://bot:hunter2@db.example:5432/changebot?sslmode=require&password=hunter2": "postgres://db.example:5432/changebot",
		"sqlite:///var/lib/changebot/changebot.db":                                          "sqlite:///var/lib/changebot/changebot.db",
		"postgres://bot:hunter2@db.example:port/x":                                          "store",
	} {
		if got := storeName(address); got != want {
			t.Errorf("%s is called %s, want %s", address, got, want)
		}
	}
}
