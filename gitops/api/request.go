package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/door"
	"github.com/changebot/changebot/gitops/workflow"
)

// What a body may be: ample for a sentence.
const (
	mostBody = 64 << 10 // bytes
	bodyTime = 10 * time.Second
)

// Source is where deliveries of the API come from.
const Source = "api"

// A kept request is what stands in the inbox. The token itself is nowhere.
type kept struct {
	Token string `json:"token_sha256"`
	Text  string `json:"text"`
}

// An outcome is what came of a kept request: the id of a change, or an answer.
// It says to which sentence, for it is kept longer than the request.
type outcome struct {
	Text   string `json:"text_sha256"`
	Change string `json:"change,omitempty"`
	Answer Answer `json:"answer"`
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// request keeps a sentence and waits for what comes of it: until the change is
// planned, or until patience ends.
func (s *Server) request(w http.ResponseWriter, r *http.Request) {
	body, unread := door.Read(w, r, door.Limit{Bytes: mostBody, Time: bodyTime})
	if unread != nil {
		s.unreadable(w, unread)
		return
	}
	key, text, refusal := understood(r, body)
	if refusal != nil {
		reply(w, http.StatusBadRequest, Answer{Error: refusal})
		return
	}
	payload, err := json.Marshal(kept{Token: tokenOf(r), Text: text})
	if err != nil {
		s.fail(w, r, fmt.Errorf("encode a request: %w", err))
		return
	}
	d := gitops.Delivery{ID: deliveryID(tokenOf(r), key), Source: Source, Kind: "request", Payload: payload, Received: time.Now()}
	if err := s.keep(r.Context(), d); err != nil {
		s.fail(w, r, err)
		return
	}
	answer, err := s.await(r.Context(), d.ID, tokenOf(r), text)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case answer.Pending:
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusAccepted, answer)
	default:
		reply(w, http.StatusOK, answer)
	}
}

// unreadable answers a body that did not arrive.
func (s *Server) unreadable(w http.ResponseWriter, unread *door.Refusal) {
	s.refused(unread.Reason)
	refusal := &Error{Code: string(gitops.Unavailable), Message: "The request did not arrive in full.", Next: "Send it again, with the same key."}
	if unread.Reason == door.TooLarge {
		refusal = &Error{Code: string(gitops.Invalid), Message: "The request is too long.", Next: fmt.Sprintf("Send at most %d bytes.", mostBody)}
	}
	reply(w, unread.Status, Answer{Error: refusal})
}

// understood reads the key and the sentence.
func understood(r *http.Request, body []byte) (key, text string, refusal *Error) {
	malformed := func(message, next string) *Error {
		return &Error{Code: string(gitops.Invalid), Message: message, Next: next}
	}
	key = r.Header.Get("Idempotency-Key")
	if !WellFormedKey(key) {
		return "", "", malformed("The header Idempotency-Key is missing or malformed.", "Send "+keyForm+"; the same key is the same request.")
	}
	var a asked
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil || a.Text == "" {
		return "", "", malformed("The body is not what is expected.", `Send {"text": "promote checkout to prod because INC-4211"}.`)
	}
	return key, a.Text, nil
}

// keyForm says what WellFormedKey takes.
const keyForm = "1 to 200 printable characters without spaces"

// WellFormedKey says whether an Idempotency-Key is one.
func WellFormedKey(key string) bool {
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return key != "" && len(key) <= 200
}

// deliveryID is a request's name in the inbox: the key is the sender's own.
func deliveryID(token, key string) string {
	sum := sha256.Sum256([]byte(token + " " + key))
	return Source + "/" + hex.EncodeToString(sum[:16])
}

// keep stores a delivery, unless the same one is stored already.
func (s *Server) keep(ctx context.Context, d gitops.Delivery) error {
	fresh, err := s.inbox.Put(ctx, d)
	if err != nil || fresh {
		return err
	}
	before, err := s.inbox.Delivery(ctx, d.ID)
	if err != nil {
		return err
	}
	// What was answered long ago has no payload any more; await compares then.
	if len(before.Payload) > 0 && !bytes.Equal(before.Payload, d.Payload) {
		return workflow.KeyTaken()
	}
	return nil
}

// await waits for what comes of a delivery, and where that is a change until
// it is known whether it is possible.
func (s *Server) await(ctx context.Context, id, token, sentence string) (Answer, error) {
	answer := Answer{Pending: true}
	err := s.until(ctx, s.patience, func() (bool, error) {
		text, err := s.inbox.Answered(ctx, id)
		if err != nil || text == "" {
			return false, err
		}
		var o outcome
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return false, fmt.Errorf("decode the answer to %s: %w", id, err)
		}
		if o.Text != sumOf(sentence) {
			return false, workflow.KeyTaken()
		}
		if o.Change == "" {
			answer = o.Answer
			return true, nil
		}
		c, entries, err := s.desk.Look(ctx, o.Change, token, gitops.KindStatus)
		if err != nil {
			return false, err
		}
		known := c.State != gitops.StateRequested || c.Question != ""
		answer = Answer{Change: changeOf(c, entries, s.desk.Overlaps(ctx, c)), Pending: !known}
		return known, nil
	})
	return answer, err
}

// Handle acts on a delivery from the inbox and keeps what came of it. An error
// is worth another try, which does nothing twice.
func (s *Server) Handle(ctx context.Context, d gitops.Delivery) error {
	var k kept
	if err := json.Unmarshal(d.Payload, &k); err != nil {
		return &gitops.Error{Code: gitops.Invalid, Message: "A request by API cannot be decoded.", Next: "It is kept in the inbox.", Err: fmt.Errorf("%w: %w", gitops.ErrUndecodable, err)}
	}
	said, err := s.desk.Hear(ctx, workflow.Utterance{
		Key: d.ID, Text: k.Text, Token: k.Token, Room: gitops.Room{API: true}, Arrived: d.Received,
	})
	if err != nil {
		return err
	}
	o := outcome{Text: sumOf(k.Text), Change: said.Change}
	if o.Change == "" {
		o.Answer = answerOf(said)
	}
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode the answer to %s: %w", d.ID, err)
	}
	if err := s.inbox.Answer(ctx, d.ID, string(text)); err != nil {
		return err
	}
	s.log.Info("asked by API", "delivery", d.ID, "change", o.Change, "refused", o.Answer.Error != nil)
	return nil
}
