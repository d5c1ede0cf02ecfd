package scenarios

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/changebot/changebot/test/slacktest"
)

// forgedSlack sends commands that Slack did not sign: with another secret, with
// none, and one that is signed well but an hour old.
func forgedSlack(s *story, _ []string) error {
	body := "command=%2Fchange&text=promote+checkout+to+staging&user_id=U0ADA&channel_id=C0RELEASES&team_id=" + s.Slack.TeamID() + "&trigger_id=1.2.3"
	now, old := time.Now(), time.Now().Add(-time.Hour)
	for _, f := range []struct {
		at        time.Time
		signature string
	}{
		{now, ""},
		{now, slacktest.Sign("another secret", now, []byte(body))},
		{old, slacktest.Sign(s.Slack.SigningSecret(), old, []byte(body))},
		{now, slacktest.Sign(s.Slack.SigningSecret(), now, []byte(body+"&x=1"))},
	} {
		err := s.post("/slack/commands", body, http.StatusUnauthorized, map[string]string{
			"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Signature": f.signature,
			"X-Slack-Request-Timestamp": strconv.FormatInt(f.at.Unix(), 10),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgedGitHub sends a webhook that GitHub did not sign.
func forgedGitHub(s *story, _ []string) error {
	for _, signature := range []string{"", "sha256=", "sha256=" + strings.Repeat("00", 32), "sha1=" + strings.Repeat("00", 20)} {
		err := s.post("/github/webhook", `{"action":"opened"}`, http.StatusUnauthorized, map[string]string{
			"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "forged", "X-Hub-Signature-256": signature,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// post sends a request to changebot and wants that status back.
func (s *story) post(path, body string, want int, headers map[string]string) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		err = fmt.Errorf("%s answered %s, want %d", path, response.Status, want)
	}
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	return err
}
