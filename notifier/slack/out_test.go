package slack

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
	"github.com/changebot/changebot/test/slacktest"
)

func plain(words string) notifier.Text { return notifier.Text{{Kind: notifier.Plain, Words: words}} }

func TestSpansBecomeMrkdwnThatNobodyCanBend(t *testing.T) {
	long := strings.Repeat("&", 5000)
	for _, try := range []struct {
		name string
		span notifier.Span
		want string
	}{
		{"no live mention from what people typed", notifier.Span{Kind: notifier.Plain, Words: "<!channel> & <@U1>\n```"}, "&lt;!channel&gt; &amp; &lt;@U1&gt; '''"},
		{"bold leaves its spaces outside", notifier.Span{Kind: notifier.Bold, Words: "Next: "}, "*Next:* "},
		{"bold stays bold", notifier.Span{Kind: notifier.Bold, Words: "a*b"}, "*a∗b*"},
		{"code stays code", notifier.Span{Kind: notifier.Code, Words: "a`b<"}, "`a'b&lt;`"},
		{"a link keeps its words", notifier.Span{Kind: notifier.Link, Words: "a|b>", URL: "https://x/y|z?a&b"}, "<https://x/y%7Cz?a&amp;b|a¦b&gt;>"},
		{"a person is mentioned", notifier.Span{Kind: notifier.Mention, Person: gitops.Person{Slack: "U1"}}, "<@U1>"},
		{"what is no user id is a name", notifier.Span{Kind: notifier.Mention, Person: gitops.Person{Slack: "!channel", Name: "Eve <b>"}}, "Eve &lt;b&gt;"},
		{"a room has the name that it has in Slack", notifier.Span{Kind: notifier.Room, Words: "#payments", Room: "C0PAYMENTS"}, "<#C0PAYMENTS>"},
		{"what is no channel id is words", notifier.Span{Kind: notifier.Room, Words: "#pay<", Room: "!here"}, "#pay&lt;"},
		{"a date is the reader's own", notifier.Span{Kind: notifier.Date, At: time.Unix(0, 0)}, "<!date^0^{date_short_pretty} {time}|1970-01-01 00:00 UTC>"},
		{"no escape is cut in two", notifier.Span{Kind: notifier.Plain, Words: long}, strings.Repeat("&amp;", 19) + "…"},
	} {
		if got := mrkdwn(try.span, 100); got != try.want {
			t.Errorf("%s: got %q, want %q", try.name, got, try.want)
		}
	}
}

func TestAMessageOfEveryPartIsGoldenBlocks(t *testing.T) {
	m := notifier.Message{
		{Lines: []notifier.Text{plain("🚢 Promote <checkout>"), {{Kind: notifier.Bold, Words: "Next: "}, {Kind: notifier.Mention, Person: gitops.Person{Slack: "U2"}}}}},
		{Code: "- 1.41.0\n+ 1.42.3"},
		{Buttons: []notifier.Button{
			{Action: notifier.ActionApprove, Label: "Approve", Style: notifier.Primary, Value: "c-1 77aa"},
			{Action: notifier.ActionCancel, Label: "Cancel", Value: "c-1 77aa", Confirm: "Cancel #c-1?"},
		}},
		{Small: notifier.Text{{Kind: notifier.Link, Words: "diff", URL: "https://github.example/pull/1/files"}}},
	}
	got, err := json.MarshalIndent(blocks(m), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "blocks.golden")
	if f := flag.Lookup("update"); f.Value.String() == "true" {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

func TestWhatIsTooLongForSlackIsCutAndSaysSo(t *testing.T) {
	o := newOffice(t, nil)
	var m notifier.Message
	for i := range 80 {
		m = append(m, notifier.Part{Code: strings.Repeat("a line of a diff, with <brackets>\n", 400)})
		m = append(m, notifier.Part{Lines: []notifier.Text{plain(fmt.Sprint(i, strings.Repeat("x", 9000)))}})
	}
	m = append(m, notifier.Part{Buttons: []notifier.Button{{Action: notifier.ActionApprove, Label: "Approve", Value: "c-1 77aa"}}})
	at, err := o.app.Chat().Post(t.Context(), notifier.To{Channel: "C1"}, m, "r")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := o.server.Message(at.Channel, at.TS)
	if text := o.server.Text(got); !strings.Contains(text, "more lines") || !strings.Contains(text, "and 1") || len(got.Buttons()) != 1 {
		t.Errorf("it says what was left out, and keeps the button: %.300s", text)
	}
	o.clean()
}

func TestAChatPostsFindsUpdatesAndDeletes(t *testing.T) {
	o := newOffice(t, nil)
	chat, ctx := o.app.Chat(), t.Context()
	m := notifier.Message{{Lines: []notifier.Text{plain("hello")}}}
	for name, to := range map[string]notifier.To{
		"a room": {Channel: "C1"}, "a person": {Person: gitops.Person{ID: "ada", Slack: "U1"}},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := chat.Post(ctx, to, m, "c-1/"+name)
			if err != nil {
				t.Fatal(err)
			}
			reply, err := chat.Post(ctx, notifier.To{Channel: at.Channel, Thread: at.TS}, m, "c-1/reply")
			if err != nil {
				t.Fatal(err)
			}
			if err := chat.Update(ctx, at, notifier.Message{{Lines: []notifier.Text{plain("goodbye")}}}); err != nil {
				t.Fatal(err)
			}
			found, err := chat.Find(ctx, to, "c-1/"+name)
			if err != nil || !cmp.Equal(found, []notifier.Place{at}) {
				t.Errorf("found %v, %v, want %v", found, err, at)
			}
			found, err = chat.Find(ctx, notifier.To{Channel: at.Channel, Thread: at.TS}, "c-1/reply")
			if err != nil || !cmp.Equal(found, []notifier.Place{reply}) {
				t.Errorf("found %v, %v in the thread, want %v", found, err, reply)
			}
			if err := chat.Delete(ctx, reply); err != nil {
				t.Fatal(err)
			}
			if err := chat.Update(ctx, reply, m); gitops.CodeOf(err) != gitops.NotFound {
				t.Errorf("what is gone is not found, got %v", err)
			}
		})
	}
	o.clean()
}

func TestAFileStandsInTheThreadAndIsFoundByItsName(t *testing.T) {
	o := newOffice(t, nil)
	chat, ctx := o.app.Chat(), t.Context()
	m := notifier.Message{{Lines: []notifier.Text{plain("the diff of <!channel>")}}}
	root, err := chat.Post(ctx, notifier.To{Channel: "C1"}, m, "c-1/live")
	if err != nil {
		t.Fatal(err)
	}
	thread := notifier.To{Channel: "C1", Thread: root.TS}
	if _, err := chat.Attach(ctx, thread, m, notifier.File{Name: "c-1.diff", Text: "-1\n+2 ä\n"}); err != nil {
		t.Fatal(err)
	}
	found, err := chat.Find(ctx, thread, "c-1.diff")
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	got, ok := o.server.Message("C1", found[0].TS)
	if !ok || got.ThreadTS != root.TS || got.Content.Text != "the diff of &lt;!channel&gt;" || string(got.Files[0].Content) != "-1\n+2 ä\n" {
		t.Errorf("it stands as %+v", got)
	}
	o.server.Inject(slacktest.Fault{Match: "files.completeUploadExternal", Kind: slacktest.FailAfter})
	if _, err := chat.Attach(ctx, thread, m, notifier.File{Name: "c-2.diff", Text: "-1"}); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("a 502 leaves it open, got %v", err)
	}
	if found, err := chat.Find(ctx, thread, "c-2.diff"); err != nil || len(found) != 1 {
		t.Errorf("and it stands: %v, %v", found, err)
	}
	o.clean()
}

func TestRefusalsOfSlackHaveCodes(t *testing.T) {
	o := newOffice(t, nil)
	chat := o.app.Chat()
	m := notifier.Message{{Lines: []notifier.Text{plain("hello")}}}
	for name, try := range map[string]struct {
		to   notifier.To
		want gitops.Code
	}{
		"a room we are not in":  {notifier.To{Channel: "C2"}, gitops.Denied},
		"no such room":          {notifier.To{Channel: "C9"}, gitops.NotFound},
		"a deactivated person":  {notifier.To{Person: gitops.Person{Slack: "U4"}}, gitops.Denied},
		"a person without chat": {notifier.To{Person: gitops.Person{ID: "eve"}}, gitops.NotFound},
	} {
		if _, err := chat.Post(t.Context(), try.to, m, "r"); gitops.CodeOf(err) != try.want {
			t.Errorf("%s: got %v, want %s", name, err, try.want)
		}
	}
	o.server.Inject(slacktest.Fault{Match: "chat.postMessage", Kind: slacktest.FailAfter})
	if _, err := chat.Post(t.Context(), notifier.To{Channel: "C1"}, m, "c-1/x"); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("a 502 leaves it open, got %v", err)
	}
	if found, err := chat.Find(t.Context(), notifier.To{Channel: "C1"}, "c-1/x"); err != nil || len(found) != 1 {
		t.Errorf("and it stands: %v, %v", found, err)
	}
}

func TestALimitSaysWhenToComeBack(t *testing.T) {
	o := newOffice(t, nil)
	o.server.Inject(slacktest.Fault{Match: "chat.postMessage", Kind: slacktest.RateLimit, RetryAfter: 7 * time.Second})
	post := func(channel string) (notifier.Place, error) {
		return o.app.Chat().Post(t.Context(), notifier.To{Channel: channel}, notifier.Message{{Lines: []notifier.Text{plain("hello")}}}, "r")
	}
	_, err := post("C1")
	if gitops.RetryAfter(err) != 7*time.Second || gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("got %v", err)
	}
	posted := len(o.server.Calls("chat.postMessage"))
	if _, err := post("C1"); gitops.RetryAfter(err) == 0 {
		t.Errorf("the room that is limited: %v", err)
	}
	if now := len(o.server.Calls("chat.postMessage")); now != posted {
		t.Errorf("Slack was asked %d times although it wants to be left alone", now-posted)
	}
	if _, err := post("C2"); gitops.RetryAfter(err) != 0 {
		t.Errorf("another room waits too: %v", err)
	}
}

func TestAnAddressThatIsARightIsInNoError(t *testing.T) {
	o := newOffice(t, nil)
	for _, address := range []string{"http://127.0.0.1:1/T0/s3cret", "http://127.0.0.1:1/%s3cret"} {
		for what, err := range map[string]error{
			"upload": o.app.upload(t.Context(), address, "text"),
			"answer": o.decoder.respond(t.Context(), back{responseURL: address}, notifier.Message{}),
		} {
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}
