package slack

import (
	"errors"
	"net/url"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
)

// translate gives an error of Slack's a code. What Slack answered with a word
// of its own did not take place; whatever else went wrong leaves that open.
func translate(err error) error {
	if err == nil {
		return nil
	}
	refusal, ok := errors.AsType[api.SlackErrorResponse](err)
	if !ok {
		return &gitops.Error{Code: gitops.Unavailable, Message: "Slack did not answer.", Err: err}
	}
	switch refusal.Err {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "ratelimited":
		return &gitops.Error{Code: gitops.Unavailable, Message: "Slack is not well.", Err: err}
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "org_login_required":
		return &gitops.Error{
			Code: gitops.Unavailable, Message: "Slack does not accept changebot's token (" + refusal.Err + ").",
			Next: "Install the app again with the scopes of its manifest.", Err: err,
		}
	case "channel_not_found", "message_not_found", "thread_not_found", "user_not_found", "users_not_found", "view_not_found":
		return &gitops.Error{Code: gitops.NotFound, Message: "Slack knows no such message, room or person (" + refusal.Err + ").", Err: err}
	case "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "invalid_arguments":
		return &gitops.Error{Code: gitops.Invalid, Message: "Slack does not take this message (" + refusal.Err + ").", Err: err}
	default:
		return &gitops.Error{Code: gitops.Denied, Message: "Slack does not allow it (" + refusal.Err + ").", Err: err}
	}
}

// withoutAddress leaves out which address an exchange went to: who knows a
// response URL or one to upload to may use it, so neither belongs in a log.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
