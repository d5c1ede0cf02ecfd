package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/door"
	"github.com/changebot/changebot/gitops/workflow"
)

// A Desk takes what is asked. gitops/workflow implements it.
type Desk interface {
	// Knows returns the person whose token has that SHA-256, in hexadecimal.
	Knows(ctx context.Context, token string) (person gitops.Person, known bool, err error)

	// Hear takes a sentence. A refusal is a Reply; an error means that it is
	// to be tried again.
	Hear(ctx context.Context, u workflow.Utterance) (gitops.Reply, error)

	// Look returns a Change with its journal, to a person who is allowed the
	// action, status or diff, on it.
	Look(ctx context.Context, id, token string, action gitops.Kind) (gitops.Change, []gitops.Entry, error)

	// Overlaps returns what a Change has in common with other open ones.
	Overlaps(ctx context.Context, c gitops.Change) []gitops.Overlap
}

// An Inbox keeps requests and what came of them. gitops/store implements it.
type Inbox interface {
	// Put stores a delivery in one transaction with its job; false where it
	// is there already.
	Put(ctx context.Context, d gitops.Delivery) (fresh bool, err error)

	// Delivery returns what was put.
	Delivery(ctx context.Context, id string) (gitops.Delivery, error)

	// Answer keeps what came of a delivery; the first answer stays.
	Answer(ctx context.Context, id, answer string) error

	// Answered returns it, empty while there is none.
	Answered(ctx context.Context, id string) (answer string, err error)
}

// A Server is the API, and the handler of what it put into the inbox.
type Server struct {
	desk     Desk
	inbox    Inbox
	log      *slog.Logger
	refused  func(reason string)
	patience time.Duration
	waiting  chan struct{} // one for each who waits
}

const (
	// patience is how long an answer is waited for before what is known is
	// sent. It is shorter than the server's orderly end takes.
	patience = 10 * time.Second

	mostWaiting = 64 // who comes when so many wait is answered at once
)

// New makes the API. Refused counts who was not let in.
func New(d Desk, in Inbox, log *slog.Logger, refused func(reason string)) *Server {
	return &Server{desk: d, inbox: in, log: log, refused: refused, patience: patience, waiting: make(chan struct{}, mostWaiting)}
}

// Handler serves everything below Path.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path+"requests", s.request)
	mux.HandleFunc("GET "+Path+"answers", s.answer)
	mux.HandleFunc("GET "+Path+"changes/{id}", s.change)
	mux.HandleFunc("GET "+Path+"changes/{id}/diff", s.diff)
	mux.HandleFunc(Path, func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusNotFound, Answer{Error: &Error{
			Code: string(gitops.NotFound), Message: "The API has no " + r.Method + " there.", Next: "docs/cli.md in changebot's repository lists what it has.",
		}})
	})
	return s.authenticated(mux)
}

// tokenKey finds the token's SHA-256 in a request's context.
type tokenKey struct{}

func tokenOf(r *http.Request) string {
	token, _ := r.Context().Value(tokenKey{}).(string)
	return token
}

// authenticated lets in whom the policy lists with the token's SHA-256. Nobody
// is told whether a token was missing or wrong, and no token is written down.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		token, ok := bearer(r)
		if !ok {
			s.unknown(w, "no_token")
			return
		}
		sum := sha256.Sum256([]byte(token))
		hash := hex.EncodeToString(sum[:])
		_, known, err := s.desk.Knows(r.Context(), hash)
		switch {
		case err != nil:
			s.fail(w, r, err)
		case !known:
			s.unknown(w, "unknown_token")
		default:
			door.Admit(r.Context())
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, hash)))
		}
	})
}

// What a token may be, in bytes. Its hash can be read by all who read the
// policy, so one that is short enough to be guessed is nobody's.
const (
	minToken = 16
	maxToken = 1024
)

func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && len(token) >= minToken && len(token) <= maxToken
}

func (s *Server) unknown(w http.ResponseWriter, reason string) {
	s.refused(reason)
	w.Header().Set("WWW-Authenticate", `Bearer realm="changebot"`)
	reply(w, http.StatusUnauthorized, Answer{Error: &Error{
		Code: CodeUnauthenticated, Message: "I do not know who asks: the token is missing, or belongs to nobody.",
		Next: "Send Authorization: Bearer and a token whose SHA-256 stands as token_sha256 under people in .changebot.yaml.",
	}})
}

// fail answers with an error: a refusal in its own words, and any other by an
// apology, with the cause in the log.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // whoever asked has hung up
	}
	refusal, ok := errors.AsType[*gitops.Error](err)
	if !ok || refusal.Code == gitops.Unavailable || refusal.Code == gitops.Internal {
		log := s.log
		if id := r.PathValue("id"); id != "" {
			log = log.With("change", id)
		}
		log.Error("answer by API", "path", r.URL.Path, "error", err)
	}
	if !ok {
		refusal = &gitops.Error{Code: gitops.Unavailable, Message: "I could not find that out just now.", Next: "Try again soon; the log says why."}
	}
	reply(w, statusFor(string(refusal.Code)), Answer{Error: errorOf(refusal)})
}

// statusFor is HTTP's number for an Error's code.
func statusFor(code string) int {
	switch gitops.Code(code) {
	case gitops.Invalid, gitops.Unsafe:
		return http.StatusUnprocessableEntity
	case gitops.NotFound:
		return http.StatusNotFound
	case gitops.Denied:
		return http.StatusForbidden
	case gitops.Conflict:
		return http.StatusConflict
	case gitops.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

func reply(w http.ResponseWriter, status int, a Answer) {
	if a.Error != nil && status == http.StatusOK {
		status = statusFor(a.Error.Code)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a) // nobody is left to tell who has hung up
}
