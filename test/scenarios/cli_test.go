package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/changebot/changebot/test/bot"
)

// The words about the command line and the HTTP API:
//
//	as PERSON                     whose token the commands have; nobody has none, stranger has one that is nobody's
//	changebot WORDS…              runs a command that asks the running changebot; IT is the change that came up last
//	begin WORDS…                  begins one and lets it run
//	exits N                       with which code it ends
//	prints - PATTERN              what it has written to its standard output
//	tells - PATTERN               what it has written to its standard error
//	json .PATH PATTERN            the whole of one field of the JSON that it has printed
//	unknown-tokens                calls with no token, wrong ones and malformed ones, all answered the same
//
// A "!" before prints and tells says that it must not be so now.

// A terminal is where one person runs commands of changebot's.
type terminal struct {
	person         string
	change         string // the id of the change that came up last
	run            *exec.Cmd
	stdout, stderr *bot.Log
	ended          chan error
}

// token is a person's API token, as the sample's README lists them.
func (t *terminal) token() string {
	if t.person == "nobody" {
		return ""
	}
	return "changebot-sample-" + t.person
}

// also returns the words of both.
func also[C any](words, more map[string]C) map[string]C {
	maps.Copy(words, more)
	return words
}

func cliActions() map[string]command {
	return map[string]command{
		"as": func(s *story, args []string) error {
			s.terminal.person = strings.Join(args, " ")
			return nil
		},
		"changebot": func(s *story, args []string) error {
			if err := begin(s, args); err != nil {
				return err
			}
			return s.terminal.wait()
		},
		"begin":          begin,
		"exits":          exits,
		"json":           field,
		"unknown-tokens": unknownTokens,
	}
}

func cliLooks() map[string]look {
	return map[string]look{
		"prints": func(s *story, _ string) (string, error) { return s.terminal.stdout.String(), nil },
		"tells":  func(s *story, _ string) (string, error) { return s.terminal.stderr.String(), nil },
	}
}

// begin starts a command in an environment that has the server's address and
// the token, and nothing else.
func begin(s *story, args []string) error {
	t := &s.terminal
	if t.run != nil && t.run.ProcessState == nil {
		return errors.New("the command before is still running; say first with what it exits")
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "IT", t.change)
	}
	t.stdout, t.stderr = &bot.Log{}, &bot.Log{}
	t.run = s.Command([]string{"CHANGEBOT_SERVER=" + s.URL(), "CHANGEBOT_TOKEN=" + t.token()}, args...)
	t.run.Stdout, t.run.Stderr = t.stdout, t.stderr
	if err := t.run.Start(); err != nil {
		return err
	}
	t.ended = make(chan error, 1)
	go func() { t.ended <- t.run.Wait() }()
	return nil
}

// wait waits until the command has ended, well or not.
func (t *terminal) wait() error {
	ctx, cancel := waiting()
	defer cancel()
	select {
	case <-t.ended:
		t.ended <- nil // for whoever asks again
		if m := regexp.MustCompile(`c-[0-9a-z]{6,}`).FindString(t.stdout.String()); m != "" {
			t.change = m
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("it does not end; it wrote:\n%s%s", t.stdout, t.stderr)
	}
}

// stop ends what is still running.
func (t *terminal) stop() {
	if t.run != nil && t.run.ProcessState == nil {
		_ = t.run.Process.Kill() // it may just have ended
		<-t.ended
	}
}

func exits(s *story, args []string) error {
	want, err := regexp.Compile("^(?:" + strings.Join(args, " ") + ")$")
	if err != nil {
		return err
	}
	t := &s.terminal
	if err := t.wait(); err != nil {
		return err
	}
	if got := t.run.ProcessState.ExitCode(); !want.MatchString(strconv.Itoa(got)) {
		return fmt.Errorf("it exits with %d; it wrote:\n%s%s", got, t.stdout, t.stderr)
	}
	return nil
}

// field compares one field of what was printed, ".change.targets[0].new".
func field(s *story, args []string) error {
	if len(args) != 2 {
		return errors.New("takes a path and a pattern")
	}
	pattern, err := regexp.Compile("(?si)^(?:" + args[1] + ")$")
	if err != nil {
		return err
	}
	printed := s.terminal.stdout.String()
	var value any
	if err := json.Unmarshal([]byte(printed), &value); err != nil {
		return fmt.Errorf("it did not print JSON: %w\n%s%s", err, printed, s.terminal.stderr)
	}
	for _, step := range strings.FieldsFunc(args[0], func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		switch at := value.(type) {
		case map[string]any:
			value = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return fmt.Errorf("there is no %s in:\n%s", args[0], printed)
			}
			value = at[i]
		default:
			return fmt.Errorf("there is no %s in:\n%s", args[0], printed)
		}
	}
	text, isText := value.(string)
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			return err
		}
		text = string(encoded)
	}
	if !pattern.MatchString(text) {
		return fmt.Errorf("%s is %s, in:\n%s", args[0], text, printed)
	}
	return nil
}

// unknownTokens calls every part of the API without a token that somebody has,
// in every way there is, and wants one answer to all of them.
func unknownTokens(s *story, _ []string) error {
	answers := map[string]bool{}
	for _, authorization := range []string{
		"", "Bearer", "Bearer ", "Bearer wrong", "Basic Y2hhbmdlYm90LXNhbXBsZS1hZGE6", "changebot-sample-ada", "Bearer changebot-sample-ada2",
		"Bearer 3b3426a4ef7506154051a46225de8ce9f3fa509b996fe218dc4dd18203a7e845", // what the policy holds is no token
		"Bearer " + strings.Repeat("x", 5000),
	} {
		for _, path := range []string{"POST /api/v1/requests", "GET /api/v1/answers?text=status&token=changebot-sample-ada", "GET /api/v1/changes/c-000000", "GET /api/v1/nothing"} {
			answer, err := s.knock(path, authorization)
			if err != nil {
				return err
			}
			answers[answer] = true
		}
	}
	if len(answers) != 1 {
		return fmt.Errorf("they are told apart: %v", answers)
	}
	return nil
}

// knock makes a call that is to be answered with 401, and returns the answer.
func (s *story) knock(call, authorization string) (string, error) {
	method, path, _ := strings.Cut(call, " ")
	request, err := http.NewRequestWithContext(context.Background(), method, s.URL()+path, strings.NewReader(`{"text":"promote checkout to prod because INC-1"}`))
	if err != nil {
		return "", err
	}
	request.Header.Set("Idempotency-Key", "knock")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(response.Body)
	if response.StatusCode != http.StatusUnauthorized {
		err = errors.Join(err, fmt.Errorf("%s with %q is answered %s", call, authorization, response.Status))
	}
	return response.Header.Get("WWW-Authenticate") + body.String(), errors.Join(err, response.Body.Close())
}
