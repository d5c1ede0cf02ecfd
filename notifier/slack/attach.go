package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// Attach uploads a file and shares it: Slack gives a place to put it, takes the
// bytes, and posts it when that is complete. Until then nobody sees it, so an
// upload that was broken off leaves nothing behind.
func (c Chat) Attach(ctx context.Context, to notifier.To, m notifier.Message, f notifier.File) (notifier.Place, error) {
	channel, err := c.app.channel(ctx, to)
	if err != nil {
		return notifier.Place{}, err
	}
	var place *api.GetUploadURLExternalResponse
	err = c.app.call("files.getUploadURLExternal", "", func() (err error) {
		place, err = c.app.api.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{FileName: f.Name, FileSize: len(f.Text)})
		return err
	})
	if err != nil {
		return notifier.Place{}, fmt.Errorf("files.getUploadURLExternal: %w", scoped(err))
	}
	if err := c.app.upload(ctx, place.UploadURL, f.Text); err != nil {
		return notifier.Place{}, fmt.Errorf("upload %s: %w", f.Name, err)
	}
	err = c.app.call("files.completeUploadExternal", "", func() error {
		_, err := c.app.api.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{
			Files:   []api.FileSummary{{ID: place.FileID, Title: f.Name}},
			Channel: channel, ThreadTimestamp: to.Thread, InitialComment: comment(m),
		})
		return err
	})
	if err != nil {
		return notifier.Place{}, fmt.Errorf("files.completeUploadExternal: %w", scoped(err))
	}
	return notifier.Place{Channel: channel, TS: place.FileID}, nil
}

// comment is a message's first paragraph: more than text does not go with a
// file.
func comment(m notifier.Message) string {
	for _, p := range m {
		if len(p.Lines) > 0 {
			return linesText(p.Lines, maxSection)
		}
	}
	return ""
}

// scoped tells a missing right to files from a token that is not accepted. An app without the right to files is
// complete but for them; asking again does not help.
func scoped(err error) error {
	if refusal, ok := errors.AsType[api.SlackErrorResponse](err); ok && refusal.Err == "missing_scope" {
		return &gitops.Error{
			Code: gitops.Denied, Message: "The Slack app may not share files.",
			Next: "Add the bot scopes files:write and files:read, and install the app again.", Err: err,
		}
	}
	return err
}

// upload puts the bytes where Slack said. The address itself is the right to do
// so; the token does not go along.
func (a *App) upload(ctx context.Context, url, text string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(text))
	if err != nil {
		return translate(withoutAddress(err))
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	answer, err := a.http.Do(request)
	if err != nil {
		return translate(withoutAddress(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is used again
	if answer.StatusCode != http.StatusOK {
		return translate(fmt.Errorf("HTTP %s", answer.Status))
	}
	return nil
}
