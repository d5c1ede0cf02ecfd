package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// begin serves in a folder of its own, where Slack, GitHub and Argo CD do not
// answer, until it has ended.
func begin(ctx context.Context, t *testing.T, adds string, stderr *onLine) error {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "changebot.yaml")
	text := fmt.Sprintf(`listen: 127.0.0.1:0
data: %q
repositories: [{name: acme/gitops}]
github: {app_id: 1, slug: changebot, api_url: "http://127.0.0.1:1/api/v3", git_url: "http://127.0.0.1:1"}
slack: {team: T1, api_url: "http://127.0.0.1:1/api/"}
argocd: {server: "127.0.0.1:1", plaintext: true}
%s
`, filepath.Join(folder, "data"), adds)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if strings.HasSuffix(name, "_FILE") {
			return ""
		}
		return base64.StdEncoding.EncodeToString(make([]byte, 32))
	}
	return serve{Config: path}.Run(stage{ctx: ctx, env: env, stdout: stderr, stderr: stderr})
}

// onLine calls do when a line with the words is written.
type onLine struct {
	bytes.Buffer
	words string
	do    func()
}

// Write keeps a line.
func (o *onLine) Write(line []byte) (int, error) {
	if o.do != nil && bytes.Contains(line, []byte(o.words)) {
		o.do()
	}
	return o.Buffer.Write(line)
}

func TestAServerThatCannotStartEndsWithOneAndAllWords(t *testing.T) {
	for adds, says := range map[string][]string{
		"store: {url: sqlite:///nowhere/at/all.db}": {"open the store: ", "/nowhere/at"},
		"store: {url: mysql://db}":                  {"open the store: ", "sqlite"},
		"timing: {patience: 1ns}":                   {"ask Slack who we are: Slack did not answer", "connection refused"},
	} {
		t.Run(adds, func(t *testing.T) {
			err := begin(t.Context(), t, adds, &onLine{})
			var words bytes.Buffer
			explain(&words, err)
			if exitCode(err) != exitFailed {
				t.Errorf("exits %d: %v", exitCode(err), err)
			}
			for _, say := range says {
				if !strings.Contains(words.String(), say) {
					t.Errorf("%q is not in: %s", say, words.String())
				}
			}
		})
	}
}

func TestAServerThatIsToldToStopWhileItStartsEndsWell(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := &onLine{words: "start again", do: cancel}
	if err := begin(ctx, t, "", log); err != nil {
		t.Errorf("ends with %v", err)
	}
	if !strings.Contains(log.String(), "changebot stopped") {
		t.Errorf("logged:\n%s", log.String())
	}
}
