package slacktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/changebot/changebot/test/slacktest"
)

// post sends raw blocks, as slack-go would not let one build most of these.
func post(t *testing.T, s *slacktest.Server, blocks string) (code string, messages []string) {
	t.Helper()
	resp, err := http.PostForm(s.APIURL()+"chat.postMessage", url.Values{
		"token": {s.BotToken()}, "channel": {deploys}, "text": {"fallback"}, "blocks": {blocks},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	var out struct {
		Error    string
		Metadata struct{ Messages []string } `json:"response_metadata"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Error, out.Metadata.Messages
}

func TestBlocksAreCheckedAndTheFaultIsPointedAt(t *testing.T) {
	section := func(text string) string {
		return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
	}
	button := `{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"}}`
	for _, c := range []struct{ name, blocks, code, message string }{
		{"a good section", section("hello"), "", ""},
		{"a good table", `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`, "", ""},
		{"a section that is too long", section(strings.Repeat("x", 3001)), "invalid_blocks",
			"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"an empty text", section(""), "invalid_blocks", "must be more than 0 characters"},
		{"an unknown block", `{"type":"hologram"}`, "invalid_blocks", "unsupported type: hologram"},
		{"an unknown field", `{"type":"divider","colour":"red"}`, "invalid_blocks", "invalid additional property: colour"},
		{"mrkdwn on a button", `{"type":"actions","elements":[{"type":"button","text":{"type":"mrkdwn","text":"x"}}]}`, "invalid_blocks",
			"[json-pointer:/blocks/0/elements/0/text/type]"},
		{"a block_id twice", `{"type":"divider","block_id":"x"},{"type":"divider","block_id":"x"}`, "invalid_blocks", `block_id "x" already exists`},
		{"an action_id twice in a block", `{"type":"actions","elements":[` + button + "," + button + `]}`, "invalid_blocks", `action_id "a" already exists`},
		{"an action_id in two blocks", `{"type":"actions","elements":[` + button + `]},{"type":"actions","elements":[` + button + `]}`, "", ""},
		{"actions without elements", `{"type":"actions","elements":[]}`, "invalid_blocks", "at least one element"},
		{"fifty-one blocks", strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 51), ","), "invalid_blocks", "no more than 50 items"},
		{"13,201 characters in all", strings.TrimSuffix(strings.Repeat(section(strings.Repeat("x", 2641))+",", 5), ","), "msg_blocks_too_long", "13205 characters"},
		{"what is no list", `{"type"`, "invalid_blocks_format", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSlack(t, slacktest.Options{})
			code, messages := post(t, s, "["+c.blocks+"]")
			if got := strings.Join(messages, "\n"); code != c.code || !strings.Contains(got, c.message) {
				t.Errorf("%s: %s\nwant %s: %s", code, got, c.code, c.message)
			}
			if violated := len(s.Violations()) > 0; violated != (c.message != "") {
				t.Errorf("violations: %v", s.Violations())
			}
		})
	}
}

func TestAModalWithInputsNeedsASubmitButton(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	v := openReason(t, a)
	modal := reasonModal()
	modal.Submit = nil
	_, err := a.UpdateView(modal, "", "", v.ID)
	wantError(t, err, "invalid_arguments")
	if got := fmt.Sprint(a.server.Violations()); !strings.Contains(got, "submit") {
		t.Errorf("violations: %s", got)
	}
}
