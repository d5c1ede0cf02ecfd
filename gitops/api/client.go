package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Client asks a running changebot. Every call may be made again: requests
// carry a key, and the rest changes nothing.
type Client struct {
	// Patience is how long a server that does not answer is tried again; once
	// in any case, since one that hangs may have taken all of it.
	Patience time.Duration

	server *url.URL
	token  string
	http   *http.Client
}

// An UnreachableError says that changebot did not answer, or not as changebot.
type UnreachableError struct {
	Server string
	Err    error
}

// Error says what was tried.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("changebot at %s does not answer: %v", e.Server, e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// NewClient makes a client for the server at an address, "https://host" with a
// path where changebot is served below one. The token is sent nowhere else:
// redirects are not followed.
func NewClient(server, token string) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, &gitops.Error{
			Code: gitops.Invalid, Message: "The server's address is none that I can use.",
			Next: "Write it as https://changebot.example.com, without a user or a query.",
		}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &gitops.Error{Code: gitops.Invalid, Message: "The token holds a character that cannot be sent.", Next: "A token is printable ASCII without spaces."}
	}
	if len(token) < minToken || len(token) > maxToken {
		return nil, &gitops.Error{
			Code:    CodeUnauthenticated,
			Message: fmt.Sprintf("The token has %d characters; changebot knows none of fewer than %d or more than %d.", len(token), minToken, maxToken),
			Next:    "Make one that nobody guesses: openssl rand -hex 32",
		}
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 3 * patience, ForceAttemptHTTP2: true,
	}
	return &Client{Patience: 5 * time.Second, server: u.JoinPath(Path), token: token, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of connections that are kept for the next call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request asks for a change and waits until it is known whether it is possible.
// The same key is the same request, however often it is made. With an error
// comes the last answer before it, which may be a change that is pending.
func (c *Client) Request(ctx context.Context, key, text string) (Answer, error) {
	body, err := json.Marshal(asked{Text: text})
	if err != nil {
		return Answer{}, fmt.Errorf("encode a request: %w", err)
	}
	var last Answer
	for {
		a, err := c.call(ctx, http.MethodPost, "requests", nil, body, key)
		switch {
		case err != nil:
			return last, err
		case !a.Pending:
			return a, nil
		}
		last = a
		if err := pause(ctx, time.Second); err != nil {
			return last, err
		}
	}
}

// Ask asks a question.
func (c *Client) Ask(ctx context.Context, text string) (Answer, error) {
	return c.call(ctx, http.MethodGet, "answers", url.Values{"text": {text}}, nil, "")
}

// Change returns a change; one with a revision above after as soon as there is
// one, or as it is after some seconds.
func (c *Client) Change(ctx context.Context, id string, after int64) (Answer, error) {
	path := "changes/" + url.PathEscape(id)
	if after <= 0 {
		return c.call(ctx, http.MethodGet, path, nil, nil, "")
	}
	begun := time.Now()
	query := url.Values{"after": {strconv.FormatInt(after, 10)}, "wait": {strconv.Itoa(int(patience.Seconds()))}}
	a, err := c.call(ctx, http.MethodGet, path, query, nil, "")
	if err != nil || a.Change == nil || a.Change.Revision > after || a.Change.Ended {
		return a, err
	}
	// A server where many wait answers at once; who asks in a loop does not spin.
	return a, pause(ctx, time.Second-time.Since(begun))
}

// Diff returns what a change edits.
func (c *Client) Diff(ctx context.Context, id string) (Answer, error) {
	return c.call(ctx, http.MethodGet, "changes/"+url.PathEscape(id)+"/diff", nil, nil, "")
}

// call makes a call, again and again while the server cannot be reached, or
// says that something else cannot, and patience lasts. A refusal is an *Error,
// and so is what the server says last; no answer is an *UnreachableError.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, key string) (Answer, error) {
	begun := time.Now()
	for tries, wait := 1, 200*time.Millisecond; ; tries, wait = tries+1, min(2*wait, 2*time.Second) {
		a, err := c.once(ctx, method, path, query, body, key)
		if err == nil {
			if a.Error != nil {
				return a, a.Error
			}
			return a, nil
		}
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		if tries > 1 && time.Since(begun)+wait > c.Patience {
			if refusal, ok := errors.AsType[*Error](err); ok {
				return Answer{Error: refusal}, refusal
			}
			return Answer{}, &UnreachableError{Server: c.server.Scheme + "://" + c.server.Host, Err: err}
		}
		if err := pause(ctx, wait); err != nil {
			return Answer{}, err
		}
	}
}

// mostAnswer bounds an answer, in bytes.
const mostAnswer = 16 << 20

func (c *Client) once(ctx context.Context, method, path string, query url.Values, body []byte, key string) (Answer, error) {
	target := c.server.JoinPath(path)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return Answer{}, failed.Err // without the address, which is named already
	}
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	if err := json.Unmarshal(text, &a); err != nil || a == (Answer{}) {
		return Answer{}, fmt.Errorf("it answers %s, and not as changebot does", response.Status)
	}
	if a.Error != nil && a.Error.Code == string(gitops.Unavailable) {
		return Answer{}, a.Error
	}
	return a, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
