package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
)

// watches and watchers are the words for watching changebot and stopping it.
func watches() map[string]look {
	return map[string]look{"watch": watch, "public": public, "verify": verify}
}

func watchers() map[string]command {
	return map[string]command{"stop": stop, "term": term, "interrupt": interrupt, "tells-all": tellsAll, "sign": sign}
}

// watch is what the operations listener answers at a path, with the status; of
// the metrics those that are ours.
func watch(s *story, path string) (string, error) { return fetch(s.operations, path) }

// public is what the other listener answers.
func public(s *story, path string) (string, error) { return fetch(s.URL(), path) }

func fetch(listener, path string) (string, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, listener+path, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "nobody listens", nil //nolint:nilerr // that is what is seen
	}
	body, err := io.ReadAll(response.Body)
	text := string(body)
	if path == "/metrics" {
		text = strings.Join(regexp.MustCompile(`(?m)^changebot_.*\n`).FindAllString(text, -1), "")
	}
	return fmt.Sprintf("%d\n%s", response.StatusCode, text), errors.Join(err, response.Body.Close())
}

// stop ends changebot as an orchestrator does: it must exit with 0.
func stop(s *story, _ []string) error { return s.Stop(syscall.SIGTERM) }

// term sends SIGTERM and does not wait.
func term(s *story, _ []string) error { return s.Signal(syscall.SIGTERM) }

// interrupt presses Ctrl-C, of which changebot must die at once.
func interrupt(s *story, _ []string) error {
	err := s.Stop(syscall.SIGINT)
	if err == nil {
		return errors.New("it ended as if nothing had been")
	}
	if died, ok := errors.AsType[*exec.ExitError](err); ok && died.Sys().(syscall.WaitStatus).Signal() == syscall.SIGINT {
		return nil
	}
	return fmt.Errorf("it ended otherwise: %w", err)
}

// changeID is what ids look like.
var changeID = regexp.MustCompile(`\bc-[0-9a-hjkmnp-tv-z]{6}\b`)

// tellsAll checks changebot's log: a line that speaks of a change has its id
// in the attribute "change", each line is a JSON object, and nothing of what
// is secret in this world is in any.
func tellsAll(s *story, _ []string) error {
	text := s.Log.String()
	var wrong []error
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var attributes map[string]any
		if err := json.Unmarshal([]byte(line), &attributes); err != nil {
			wrong = append(wrong, fmt.Errorf("no JSON: %s", line))
			continue
		}
		id := changeID.FindString(line)
		change, _ := attributes["change"].(string)
		if id != "" && !changeID.MatchString(change) {
			wrong = append(wrong, fmt.Errorf("speaks of %s without saying so: %s", id, line))
		}
		if step, ok := attributes["step"].(string); ok {
			seen[step] = true
		}
	}
	for _, step := range []string{"plan", "propose", "judge", "merge", "sync", "watch"} {
		if !seen[step] {
			wrong = append(wrong, fmt.Errorf("the step %s is not in the log", step))
		}
	}
	for name, secret := range s.secrets() {
		if strings.Contains(text, secret) {
			wrong = append(wrong, fmt.Errorf("the log tells %s", name))
		}
	}
	return errors.Join(wrong...)
}

// secrets are what nobody may read in a log: all that changebot was given, by
// name, and how the tokens begin that it got for it.
func (s *story) secrets() map[string]string {
	secrets := map[string]string{"an installation's token": "ghs_", "a token that the App signed": "eyJhbGci"}
	for _, entry := range s.World.Env() {
		name, value, _ := strings.Cut(entry, "=")
		for i, line := range strings.Split(strings.TrimSpace(value), "\n") {
			if !strings.HasPrefix(line, "-----") {
				secrets[fmt.Sprintf("line %d of %s", i+1, name)] = line
			}
		}
	}
	return secrets
}
