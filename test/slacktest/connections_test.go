package slacktest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/changebot/changebot/test/slacktest"
)

func TestNobodyIsConnectedOnceWhatACallerLeftBehindIsDone(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	a.server.Inject(slacktest.Fault{Match: "chat.postMessage", Kind: slacktest.Late, Delay: time.Hour})
	calling, hangUp := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, _, err := a.PostMessageContext(calling, deploys, slack.MsgOptionText("from beyond", false))
		failed <- err
	}()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for a.server.Late().Held() == 0 {
		<-ticker.C
	}
	hangUp()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := a.server.Alone(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("its call is still held, and waiting for the end of all calls gives %v", err)
	}
	a.server.Late().Release()
	a.must(a.server.Alone(t.Context()))
	if !strings.Contains(a.server.Transcript(deploys), "from beyond") {
		t.Error("it was not done")
	}
}
