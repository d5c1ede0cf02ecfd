package slacktest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/changebot/changebot/test/slacktest"
)

func TestAMessageLivesThroughPostUpdateThreadAndDelete(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	meta := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "change", EventPayload: map[string]any{"id": "c-1"}})
	ch, ts, err := a.PostMessage(deploys, card(), meta)
	a.must(err)
	_, reply, err := a.PostMessage(ch, slack.MsgOptionText("a detail", false), slack.MsgOptionTS(ts))
	a.must(err)
	_, _, _, err = a.UpdateMessage(ch, ts, slack.MsgOptionText("Promote checkout: approved", false))
	a.must(err)
	a.must(a.AddReaction("white_check_mark", slack.NewRefToMessage(ch, ts)))

	want := `#deploys
@changebot:
    🚢 Promote *checkout*
    for @ana
    [Approve] [Reject…] [Snooze ▾]
    (✅ 1)
  │ @changebot: a detail
`
	if diff := cmp.Diff(want, a.server.Transcript(deploys)); diff != "" {
		t.Errorf("the room reads otherwise (-want +got):\n%s", diff)
	}
	m, _ := a.server.Message(ch, ts)
	if len(m.History) != 1 || m.History[0].Text != "Promote checkout" || m.Text != "Promote checkout: approved" {
		t.Errorf("the edit history is %+v", m.History)
	}
	history, err := a.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: ch, IncludeAllMetadata: true})
	a.must(err)
	if got := history.Messages[0]; got.Metadata.EventPayload["id"] != "c-1" || got.ReplyCount != 1 || got.LatestReply != reply {
		t.Errorf("history shows %+v", got.Msg)
	}
	replies, _, _, err := a.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: ch, Timestamp: ts})
	a.must(err)
	if len(replies) != 2 || replies[0].Metadata.EventType != "" {
		t.Errorf("replies are %d, metadata unasked %+v", len(replies), replies[0].Metadata)
	}
	_, _, err = a.DeleteMessage(ch, reply)
	a.must(err)
	if thread := a.server.Thread(ch, ts); len(thread) != 2 || !thread[1].Deleted {
		t.Errorf("the record forgets the deleted reply: %+v", thread)
	}
	wantClean(t, a.server)
}

func TestCallsAreRefusedInSlacksWords(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	theirs, err := a.server.Say(ana, deploys, "hello", "")
	a.must(err)
	a.server.AddChannel(slacktest.Channel{ID: "C3", Name: "open", Members: []string{ana}})
	hi := slack.MsgOptionText("hi", false)
	long := slack.MsgOptionText(strings.Repeat("x", 4001), false)
	_, ts, err := a.PostMessage(deploys, hi)
	a.must(err)
	post := func(channel string, o ...slack.MsgOption) error {
		_, _, err := a.PostMessage(channel, o...)
		return err
	}
	update := func(ts string, o slack.MsgOption) error { _, _, _, err := a.UpdateMessage(deploys, ts, o); return err }
	wrong := slack.New("xoxb-wrong", slack.OptionAPIURL(a.server.APIURL()))
	for _, c := range []struct {
		name, want string
		call       func() error
	}{
		{"a room that does not exist", "channel_not_found", func() error { return post("C404", hi) }},
		{"a private room without the bot", "channel_not_found", func() error { return post(secret, hi) }},
		{"an open room without the bot", "not_in_channel", func() error { return post("C3", hi) }},
		{"nothing to say", "no_text", func() error { return post(deploys) }},
		{"an update of somebody's message", "cant_update_message", func() error { return update(theirs, hi) }},
		{"an update of no message", "message_not_found", func() error { return update("1.000000", hi) }},
		{"an update that is too long", "msg_too_long", func() error { return update(ts, long) }},
		{"somebody's message to delete", "cant_delete_message", func() error { _, _, err := a.DeleteMessage(deploys, theirs); return err }},
		{"an ephemeral for who is not there", "user_not_in_channel", func() error { _, err := a.PostEphemeral(deploys, guest, hi); return err }},
		{"a wrong token", "invalid_auth", func() error { _, err := wrong.AuthTest(); return err }},
		{"an unknown method", "unknown_method", func() error { _, err := a.GetEmoji(); return err }},
		{"a user group without people", "no_users_provided", func() error { _, err := a.UpdateUserGroupMembers("S1", ""); return err }},
		{"a guest in a user group", "invalid_users", func() error { _, err := a.UpdateUserGroupMembers("S1", guest); return err }},
		{"mail of nobody", "users_not_found", func() error { _, err := a.GetUserByEmail("no@example.com"); return err }},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, c.call(), c.want) })
	}
}

func TestPeopleAndRoomsAreFound(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	auth, err := a.AuthTest()
	a.must(err)
	if auth.UserID != a.server.BotUserID() || auth.TeamID != a.server.TeamID() || auth.BotID == "" {
		t.Errorf("auth.test says %+v", auth)
	}
	user, err := a.GetUserByEmail("ANA@example.com")
	a.must(err)
	if user.ID != ana || user.TZ != "Europe/Lisbon" || user.Profile.Email != "ana@example.com" {
		t.Errorf("ana is %+v", user)
	}
	info, err := a.GetUserInfo(guest)
	a.must(err)
	if !info.IsRestricted {
		t.Error("the guest is no guest")
	}
	dm, _, _, err := a.OpenConversation(&slack.OpenConversationParameters{Users: []string{ana}})
	a.must(err)
	if dm.ID != a.server.DM(ana) {
		t.Errorf("the direct message is %s, not %s", dm.ID, a.server.DM(ana))
	}
	rooms, _, err := a.GetConversations(&slack.GetConversationsParameters{})
	a.must(err)
	if len(rooms) != 1 || rooms[0].Name != "deploys" {
		t.Errorf("rooms: %+v", rooms)
	}
	members, _, err := a.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: deploys})
	a.must(err)
	if diff := cmp.Diff([]string{ana, bob, a.server.BotUserID()}, members); diff != "" {
		t.Error(diff)
	}
	_, err = a.UpdateUserGroupMembers("S1", ana+","+bob)
	a.must(err)
	groups, err := a.GetUserGroups(slack.GetUserGroupsOptionIncludeUsers(true))
	a.must(err)
	if len(groups) != 1 || len(groups[0].Users) != 2 {
		t.Errorf("user groups: %+v", groups)
	}
	wantClean(t, a.server)
}

func TestHistoryComesInPagesAndMayLag(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	for _, text := range []string{"one", "two", "three"} {
		_, err := a.server.Say(ana, deploys, text, "")
		a.must(err)
	}
	page := func(cursor string) *slack.GetConversationHistoryResponse {
		got, err := a.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: deploys, Limit: 2, Cursor: cursor})
		a.must(err)
		return got
	}
	first := page("")
	second := page(first.ResponseMetaData.NextCursor)
	if first.Messages[0].Text != "three" || len(first.Messages) != 2 || len(second.Messages) != 1 || second.HasMore {
		t.Errorf("pages: %d then %d", len(first.Messages), len(second.Messages))
	}
	a.server.SetLag(slacktest.Lag{Calls: 2})
	_, _, err := a.PostMessage(deploys, slack.MsgOptionText("late", false))
	a.must(err)
	for i, want := range []string{"three", "three", "late"} {
		if got := page("").Messages[0].Text; got != want {
			t.Errorf("call %d sees %q first, want %q", i+1, got, want)
		}
	}
}

func TestFilesAreUploadedInThreeSteps(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, ts, err := a.PostMessage(deploys, slack.MsgOptionText("the diff is below", false))
	a.must(err)
	content := "- newTag: 1.41.0\n+ newTag: 1.42.3\n"
	_, err = a.UploadFile(slack.UploadFileParameters{
		Filename: "change.diff", Title: "Diff", FileSize: len(content), Content: content, Channel: deploys, ThreadTimestamp: ts,
	})
	a.must(err)
	thread := a.server.Thread(deploys, ts)
	if len(thread) != 2 || string(thread[1].Files[0].Content) != content {
		t.Errorf("the thread has no file: %+v", thread)
	}
	if got := a.server.Transcript(deploys); !strings.Contains(got, "│ @changebot: 📄 Diff (3 lines)") {
		t.Errorf("the room reads\n%s", got)
	}
	wantClean(t, a.server)
}

func TestPermalinksLeadToThePage(t *testing.T) {
	a := newApp(t, slacktest.Options{PageURL: "http://play.example/slack"})
	_, ts, err := a.PostMessage(deploys, slack.MsgOptionText("x", false))
	a.must(err)
	link, err := a.GetPermalink(&slack.PermalinkParameters{Channel: deploys, Ts: ts})
	a.must(err)
	if want := "http://play.example/slack/archives/C1/p" + strings.Replace(ts, ".", "", 1); link != want {
		t.Errorf("permalink %s, want %s", link, want)
	}
}

func TestLimitsHoldPerMethodAndPerChannel(t *testing.T) {
	clock := &clock{}
	a := newApp(t, slacktest.Options{Limits: slacktest.Limits{On: true, Burst: 2}, Clock: clock.now})
	post := func() error { _, _, err := a.PostMessage(deploys, slack.MsgOptionText("x", false)); return err }
	a.must(post())
	a.must(post())
	limited, ok := errors.AsType[*slack.RateLimitedError](post())
	if !ok || limited.RetryAfter != time.Second {
		t.Fatalf("the third message within a second: %v", limited)
	}
	clock.advance(time.Second)
	a.must(post())
	for range 20 {
		_, err := a.GetUserGroups()
		a.must(err)
	}
	if _, err := a.GetUserGroups(); err == nil {
		t.Error("a tier 2 method took 21 calls in a minute")
	}
}
