package slacktest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/changebot/changebot/test/slacktest"
)

// connect runs a Socket Mode client of slack-go until the test ends.
func connect(t *testing.T, s *slacktest.Server, handle func(*socketmode.Client, socketmode.Event)) {
	t.Helper()
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))
	client := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = client.RunContext(ctx) }) // ends with the context
	done.Go(func() {
		for {
			select {
			case e := <-client.Events:
				handle(client, e)
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		s.CutSockets()
		done.Wait()
	})
}

func TestSocketModeCarriesCommandsActionsAndEvents(t *testing.T) {
	s := newSlack(t, slacktest.Options{SocketMode: true})
	connect(t, s, func(c *socketmode.Client, e socketmode.Event) {
		switch e.Type {
		case socketmode.EventTypeSlashCommand:
			if cmd := e.Data.(slack.SlashCommand); cmd.Text != "status" || cmd.IsEnterpriseInstall {
				t.Errorf("the command arrives as %+v", cmd)
			}
			_ = c.Ack(*e.Request, map[string]string{"text": "all is well"})
		case socketmode.EventTypeInteractive:
			callback := e.Data.(slack.InteractionCallback)
			if _, err := c.OpenView(callback.TriggerID, reasonModal()); err != nil {
				t.Errorf("open the modal: %v", err)
			}
			_ = c.Ack(*e.Request)
		case socketmode.EventTypeEventsAPI:
			if _, ok := e.Data.(slackevents.EventsAPIEvent); !ok {
				t.Errorf("the event arrives as %T", e.Data)
			}
			_ = c.Ack(*e.Request)
		case socketmode.EventTypeErrorBadMessage:
			t.Errorf("slack-go cannot read: %v", e.Data)
		}
	})
	wait(t, s, "a connection", func() bool { return s.Connections() == 1 })
	out, err := s.Slash(ana, deploys, "/change", "status")
	if err != nil || len(out.Messages) != 1 || out.Messages[0].Text != "all is well" {
		t.Errorf("ana sees %+v, %v", out, err)
	}
	ts, err := s.Say(ana, deploys, "@changebot hello", "")
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, "the mention", func() bool {
		got := s.Deliveries("app_mention")
		return len(got) == 1 && got[0].Error == ""
	})
	if out, err := s.UseShortcut(ana, deploys, ts, "from-message"); err != nil || out.View == nil {
		t.Errorf("no modal came up: %+v, %v", out, err)
	}
	wantClean(t, s)
}

func TestSocketModeAsksForReconnects(t *testing.T) {
	s := newSlack(t, slacktest.Options{SocketMode: true})
	hellos := make(chan struct{}, 2)
	connect(t, s, func(c *socketmode.Client, e socketmode.Event) {
		if e.Type == socketmode.EventTypeHello {
			hellos <- struct{}{}
		}
		if e.Type == socketmode.EventTypeSlashCommand {
			_ = c.Ack(*e.Request)
		}
	})
	wantHello(t, hellos)
	s.RefreshSockets()
	// The new address is asked for before the old connection has gone: only the
	// second hello says that the new one is there.
	wantHello(t, hellos)
	wait(t, s, "the end of the old connection", func() bool { return s.Connections() == 1 })
	if out, err := s.Slash(ana, deploys, "/change", "status"); err != nil || out.Code != "" {
		t.Errorf("after the reconnect ana sees %+v, %v", out, err)
	}
	if n := len(s.Calls("apps.connections.open")); n != 2 {
		t.Errorf("the app asked for an address %d times, want 2", n)
	}
}

func wantHello(t *testing.T, hellos <-chan struct{}) {
	t.Helper()
	select {
	case <-hellos:
	case <-time.After(10 * time.Second):
		t.Fatal("no hello within 10 s")
	}
}

func TestSocketModeWithoutAConnectionFailsAtOnce(t *testing.T) {
	s := newSlack(t, slacktest.Options{SocketMode: true})
	if out, err := s.Slash(ana, deploys, "/change", "status"); err != nil || out.Code != "dispatch_failed" {
		t.Errorf("ana sees %+v, %v", out, err)
	}
}

func TestSocketModeTakesTenConnectionsAndEachEnvelopeGoesToOne(t *testing.T) {
	s := newSlack(t, slacktest.Options{SocketMode: true, AckTimeout: 50 * time.Millisecond})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))
	var received sync.Map
	var readers sync.WaitGroup
	dial := func() *websocket.Conn {
		_, url, err := api.StartSocketModeContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for i := range 10 {
		conn := dial()
		defer conn.Close()
		readers.Go(func() {
			for {
				var envelope struct{ Type string }
				if conn.ReadJSON(&envelope) != nil {
					return
				}
				if envelope.Type == "slash_commands" {
					received.Store(i, true)
				}
			}
		})
	}
	wait(t, s, "ten connections", func() bool { return s.Connections() == 10 })
	eleventh := dial()
	defer eleventh.Close()
	var refusal struct{ Type, Reason string }
	if err := eleventh.ReadJSON(&refusal); err != nil || refusal.Reason != "too_many_websockets" {
		t.Errorf("the eleventh connection gets %+v, %v", refusal, err)
	}
	if out, err := s.Slash(ana, deploys, "/change", "status"); err != nil || out.Code != "operation_timeout" {
		t.Errorf("nobody acknowledged, but ana sees %+v, %v", out, err)
	}
	s.CutSockets()
	readers.Wait()
	n := 0
	received.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections got the command", n)
	}
}
