package slacktest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Sign returns the X-Slack-Signature of a request body, version v0: an HMAC
// over the timestamp and the raw body.
func Sign(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%d:", at.Unix()) // a hash never fails
	_, _ = mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// parcel is something on its way to the app.
type parcel struct {
	kind     string // for the record and for faults
	envelope string // of Socket Mode: slash_commands, interactive, events_api
	id       string
	payload  object
	attempt  int
	reason   string // why it is tried again
}

// answer is the app's acknowledgement.
type answer struct {
	body        []byte
	contentType string
	failure     string // Slack's word for why there is none
	noRetry     bool   // the app sent X-Slack-No-Retry
}

// deliver brings a parcel to the app and waits for its acknowledgement, at
// most Options.AckTimeout. Faults of deliveries happen here.
func (s *Server) deliver(p parcel) answer {
	f := s.takeDeliveryFault(p.kind)
	if f == nil {
		return s.carry(p)
	}
	switch f.Kind {
	case Drop:
		s.note(p, 0, answer{failure: "dropped"})
		return answer{failure: "dropped"}
	case Duplicate:
		first := s.carry(p)
		p.attempt, p.reason = p.attempt+1, "http_timeout"
		s.carry(p)
		return first
	case Delay:
		s.work.Go(func() {
			if s.pause(f.Delay) {
				s.carry(p)
			}
		})
	case Reorder:
		s.hold(p)
	}
	return answer{noRetry: true, failure: "delayed"}
}

// hold keeps a parcel back until the next one of its kind has been carried.
func (s *Server) hold(p parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events.held = append(s.events.held, p)
}

func (s *Server) release(kind string) {
	s.mu.Lock()
	var now, later []parcel
	for _, p := range s.events.held {
		if p.kind == kind {
			now = append(now, p)
		} else {
			later = append(later, p)
		}
	}
	s.events.held = later
	s.mu.Unlock()
	for _, p := range now {
		s.carry(p)
	}
}

func (s *Server) carry(p parcel) answer {
	start := time.Now()
	ctx, cancel := context.WithTimeout(s.ctx, s.opts.AckTimeout)
	defer cancel()
	var a answer
	if s.opts.SocketMode {
		a = s.sendSocket(ctx, p)
	} else {
		a = s.sendHTTP(ctx, p)
	}
	s.note(p, time.Since(start), a)
	s.release(p.kind)
	return a
}

func (s *Server) note(p parcel, took time.Duration, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, Delivery{
		Kind: p.kind, ID: p.id, At: s.now(), Attempt: p.attempt, Took: took, Error: a.failure, Response: string(a.body),
	})
	s.touch()
}

// address is where a parcel goes and how it is written there.
func (s *Server) address(p parcel) (to, contentType string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const form = "application/x-www-form-urlencoded"
	switch p.envelope {
	case "slash_commands":
		values := url.Values{}
		for k, v := range p.payload {
			values.Set(k, fmt.Sprint(v))
		}
		return s.opts.CommandURL, form, []byte(values.Encode())
	case "interactive":
		return s.opts.InteractivityURL, form, []byte(url.Values{"payload": {string(encode(p.payload))}}.Encode())
	}
	return s.opts.EventsURL, "application/json", encode(p.payload)
}

func (s *Server) sendHTTP(ctx context.Context, p parcel) answer {
	to, contentType, body := s.address(p)
	if to == "" {
		return answer{failure: "connection_failed"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return answer{failure: "connection_failed"}
	}
	now := s.now()
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("X-Slack-Signature", Sign(s.opts.SigningSecret, now, body))
	if p.attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		req.Header.Set("X-Slack-Retry-Reason", cmp.Or(p.reason, "http_error"))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{failure: whyFailed(err)}
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	a := answer{body: got, contentType: resp.Header.Get("Content-Type"), noRetry: resp.Header.Get("X-Slack-No-Retry") == "1"}
	if err != nil {
		a.failure = whyFailed(err)
	} else if resp.StatusCode < 200 || resp.StatusCode > 299 {
		a.failure = "http_error"
	}
	return a
}

func whyFailed(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "http_timeout"
	}
	return "connection_failed"
}

// VerifyURL sends the url_verification challenge to the events URL, as Slack
// does when an app is set up, and reports whether the app echoed it.
func (s *Server) VerifyURL() error {
	s.mu.Lock()
	challenge := s.newID("")
	s.mu.Unlock()
	p := parcel{kind: "url_verification", envelope: "events_api", id: challenge, payload: object{
		"type": "url_verification", "token": "legacy", "challenge": challenge,
	}}
	a := s.deliver(p)
	if a.failure != "" {
		return fmt.Errorf("url_verification: %s", a.failure)
	}
	if !strings.Contains(string(a.body), challenge) {
		return fmt.Errorf("url_verification: the answer %q does not carry the challenge", a.body)
	}
	return nil
}
