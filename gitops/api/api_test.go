package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
	"github.com/changebot/changebot/gitops/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// adas is the SHA-256 of Ada's token.
const (
	token = "a-token-of-adas-own"
	adas  = "541e2a8909e301ef3165fd6f6377a53ebae2552b30ec1e342b77ca26d66e1c7c"
)

// A house is a desk and an inbox in memory, with the API before them.
type house struct {
	*httptest.Server
	mu         sync.Mutex
	deliveries map[string]gitops.Delivery
	answers    map[string]string
	heard      []string
	refused    []string
	reply      gitops.Reply
	change     gitops.Change
	overlaps   map[string][]gitops.Overlap
	looks      int
	api        *api.Server
	looked     func(times int)             // may be nil
	work       func(gitops.Delivery) error // what a worker does with a delivery; nil is nothing
}

func open(t *testing.T, around func(http.Handler) http.Handler) *house {
	t.Helper()
	h := &house{deliveries: map[string]gitops.Delivery{}, answers: map[string]string{}, reply: gitops.Reply{Change: "c-111111"}}
	h.change = gitops.Change{ID: "c-111111", Revision: 3, State: gitops.StateProposed}
	server := api.New(h, h, slog.New(slog.DiscardHandler), func(reason string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused = append(h.refused, reason)
	})
	h.api = server
	h.work = func(d gitops.Delivery) error { return server.Handle(context.Background(), d) }
	handler := server.Handler()
	if around != nil {
		handler = around(handler)
	}
	h.Server = httptest.NewServer(handler)
	t.Cleanup(h.Close)
	return h
}

func (h *house) Knows(_ context.Context, token string) (gitops.Person, bool, error) {
	return gitops.Person{ID: "ada"}, token == adas, nil
}

func (h *house) Hear(_ context.Context, u workflow.Utterance) (gitops.Reply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !u.Room.API || u.Token != adas || u.Slack != "" {
		return gitops.Reply{}, errors.New("it is not said by API")
	}
	h.heard = append(h.heard, u.Text)
	return h.reply, nil
}

func (h *house) Overlaps(_ context.Context, c gitops.Change) []gitops.Overlap {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.overlaps[c.ID]
}

func (h *house) Look(_ context.Context, id, _ string, _ gitops.Kind) (gitops.Change, []gitops.Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.looks++; h.looked != nil {
		h.looked(h.looks)
	}
	if id != h.change.ID {
		return gitops.Change{}, nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no change."}
	}
	return h.change, []gitops.Entry{{Seq: 1, Kind: gitops.EntryIntent, Text: "push"}, {Seq: 2, Kind: gitops.EntryNote, Text: "planned"}}, nil
}

func (h *house) Put(_ context.Context, d gitops.Delivery) (bool, error) {
	h.mu.Lock()
	_, before := h.deliveries[d.ID]
	if !before {
		h.deliveries[d.ID] = d
	}
	h.mu.Unlock()
	if before || h.work == nil {
		return !before, nil
	}
	return true, h.work(d)
}

func (h *house) Delivery(_ context.Context, id string) (gitops.Delivery, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deliveries[id], nil
}

func (h *house) Answer(_ context.Context, id, answer string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers[id] = answer
	return nil
}

func (h *house) Answered(_ context.Context, id string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answers[id], nil
}

func client(t *testing.T, server, token string) *api.Client {
	t.Helper()
	c, err := api.NewClient(server, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.Patience = time.Second
	return c
}

// call calls the API as no Client would, and returns what it is answered.
func (h *house) call(t *testing.T, method, path, authorization, key, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+api.Path+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", key)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := h.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

const asking = "promote checkout to prod because INC-4211"

func TestARequestIsKeptWithoutTheTokenAndAnsweredWithItsChange(t *testing.T) {
	h := open(t, nil)
	a, err := client(t, h.URL, token).Request(t.Context(), "one", asking)
	if err != nil {
		t.Fatal(err)
	}
	if a.Change == nil || a.Change.ID != "c-111111" || a.Change.State != "proposed" {
		t.Errorf("got %+v", a)
	}
	if len(a.Change.Journal) != 1 || a.Change.Journal[0].Text != "planned" {
		t.Errorf("the journal for people is %+v", a.Change.Journal)
	}
	for id, d := range h.deliveries {
		want := `{"token_sha256":"` + adas + `","text":"` + asking + `"}`
		if string(d.Payload) != want || !strings.HasPrefix(id, "api/") || d.Source != api.Source {
			t.Errorf("kept as %s: %s", id, d.Payload)
		}
	}
}

func TestARequestWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	lost := 2
	h := open(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lost > 0 {
				lost--
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler) // the connection breaks after the effect
			}
			next.ServeHTTP(w, r)
		})
	})
	c := client(t, h.URL, token)
	c.Patience = 10 * time.Second
	a, err := c.Request(t.Context(), "one", asking)
	if err != nil || a.Change == nil {
		t.Fatal(a, err)
	}
	if len(h.deliveries) != 1 || len(h.heard) != 1 {
		t.Errorf("%d deliveries, heard %q", len(h.deliveries), h.heard)
	}
}

func TestARefusalIsAnErrorThatSaysWhatToDo(t *testing.T) {
	h := open(t, nil)
	tests := []struct {
		name  string
		reply gitops.Reply
		want  api.Error
	}{
		{"the policy's no", gitops.Reply{Refusal: &gitops.Error{Code: gitops.Denied, Message: "Not here.", Next: "Ask there."}},
			api.Error{Code: "denied", Message: "Not here.", Next: "Ask there."}},
		{"what is missing", gitops.Reply{Question: &gitops.Question{Text: "To which environment?"}},
			api.Error{Code: "invalid", Message: "To which environment?", Next: "Say it again with that."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.reply = tt.reply
			_, err := client(t, h.URL, token).Request(t.Context(), tt.want.Code, asking)
			e, ok := errors.AsType[*api.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(tt.want, *e); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATableIsReadByItsColumns(t *testing.T) {
	h := open(t, nil)
	h.reply = gitops.Reply{Table: &gitops.Table{Title: "History", Columns: []string{"version", "health here"}, Rows: [][]string{{"1.2", "healthy"}}}}
	a, err := client(t, h.URL, token).Ask(t.Context(), "history checkout")
	if err != nil {
		t.Fatal(err)
	}
	want := &api.Table{Title: "History", Columns: []string{"version", "health_here"}, Rows: []map[string]string{{"version": "1.2", "health_here": "healthy"}}}
	if diff := cmp.Diff(want, a.Table); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotARequestIsTurnedAway(t *testing.T) {
	h := open(t, nil)
	tests := []struct {
		name, method, path, key, body string
		status                        int
	}{
		{"without a key", "POST", "requests", "", `{"text":"x"}`, 400},
		{"with a key of two words", "POST", "requests", "a b", `{"text":"x"}`, 400},
		{"with a key that is too long", "POST", "requests", strings.Repeat("k", 201), `{"text":"x"}`, 400},
		{"without a sentence", "POST", "requests", "k", `{}`, 400},
		{"with a field that is not known", "POST", "requests", "k", `{"text":"x","room":"C0RELEASES"}`, 400},
		{"that is no JSON", "POST", "requests", "k", `text=x`, 400},
		{"that is too long", "POST", "requests", "k", `{"text":"` + strings.Repeat("x", 1<<17), 413},
		{"by the wrong method", "PUT", "requests", "k", `{"text":"x"}`, 404},
		{"about a change that is not there", "GET", "changes/c-222222", "", "", 404},
		{"about the change of a path", "GET", "changes/..%2f..%2fhealthz", "", "", 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, text := h.call(t, tt.method, tt.path, "bearer "+token, tt.key, tt.body)
			if status != tt.status || !strings.Contains(text, `"message":"`) {
				t.Errorf("%d: %s", status, text)
			}
		})
	}
	if len(h.deliveries) != 0 {
		t.Errorf("%d are kept", len(h.deliveries))
	}
}

func TestAKeyIsOneSentencesOfOnePerson(t *testing.T) {
	h := open(t, nil)
	c := client(t, h.URL, token)
	if _, err := c.Request(t.Context(), "one", asking); err != nil {
		t.Fatal(err)
	}
	_, err := c.Request(t.Context(), "one", "promote cart to prod")
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "conflict" {
		t.Errorf("got %v", err)
	}
}

func TestWhoIsNotKnownIsCountedAndToldNoMore(t *testing.T) {
	h := open(t, nil)
	answers := map[string]bool{}
	for _, authorization := range []string{"", "Bearer " + token + "s", "Basic " + token, "Bearer short", "Bearer " + adas} {
		status, text := h.call(t, http.MethodGet, "answers?text=status&token="+token, authorization, "", "")
		if status != http.StatusUnauthorized {
			t.Errorf("%q is answered %d", authorization, status)
		}
		answers[text] = true
	}
	if len(answers) != 1 {
		t.Errorf("they are told apart: %v", answers)
	}
	if diff := cmp.Diff([]string{"no_token", "unknown_token", "no_token", "no_token", "unknown_token"}, h.refused); diff != "" {
		t.Error(diff)
	}
	if len(h.heard) != 0 {
		t.Errorf("heard %q", h.heard)
	}
}

func TestAChangeIsWaitedForUntilItIsANewerOne(t *testing.T) {
	h := open(t, nil)
	h.looked = func(times int) {
		if times == 3 {
			h.change.Revision, h.change.State = 4, gitops.StateRejected
		}
	}
	a, err := client(t, h.URL, token).Change(t.Context(), "c-111111", 3)
	if err != nil {
		t.Fatal(err)
	}
	if a.Change.State != "rejected" || !a.Change.Ended {
		t.Errorf("got %+v", a.Change)
	}
}

func TestWhatDoesNotAnswerAsChangebotIsUnreachableAndGetsNoToken(t *testing.T) {
	var seen []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, `{"change":{}}`)
	}))
	t.Cleanup(elsewhere.Close)
	for name, handler := range map[string]http.HandlerFunc{
		"a page":              func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Sign in") },
		"JSON of others":      func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) },
		"a proxy's 502":       func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) },
		"a way elsewhere":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"a broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			c := client(t, server.URL, token)
			c.Patience = 300 * time.Millisecond
			_, err := c.Ask(t.Context(), "status")
			if _, ok := errors.AsType[*api.UnreachableError](err); !ok || strings.Contains(err.Error(), token) {
				t.Errorf("got %v", err)
			}
		})
	}
	if len(seen) != 0 {
		t.Errorf("another server was called, with %q", seen)
	}
}

func TestAnAddressThatIsNoneIsRefusedBeforeItIsUsed(t *testing.T) {
	for _, address := range []string{"", "changebot", "changebot:8080", "ftp://changebot", "https://ada:secret@changebot", "https://changebot?token=secret", "https://"} {
		_, err := api.NewClient(address, token)
		if e, ok := errors.AsType[*gitops.Error](err); !ok || e.Next == "" || strings.Contains(e.Message+e.Next, "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, bad := range []string{"", "short", token + "\n" + token, strings.Repeat("x", 2000)} {
		if _, err := api.NewClient("https://changebot", bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the token %q: %v", bad, err)
		}
	}
}

func TestAChangeNamesWhatOverlapsWithItAndWhatSpeaksForIt(t *testing.T) {
	h := open(t, nil)
	h.change.Plan.Evidence = []string{"left out cart: #c-222222 already changes cart/prod: it is proposed."}
	h.overlaps = map[string][]gitops.Overlap{h.change.ID: {{Change: "c-222222", URL: "https://github.com/acme/gitops/pull/2", What: "same file apps/shared.yaml"}}}
	_, text := h.call(t, http.MethodGet, "changes/c-111111", "Bearer "+token, "", "")
	for _, want := range []string{
		`"overlaps":[{"change":"c-222222","pull_request":"https://github.com/acme/gitops/pull/2","what":"same file apps/shared.yaml"}]`,
		`"evidence":["left out cart: #c-222222 already changes cart/prod: it is proposed."]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	h.overlaps, h.change.Plan.Evidence = nil, nil
	if _, text := h.call(t, http.MethodGet, "changes/c-111111", "Bearer "+token, "", ""); !strings.Contains(text, `"evidence":[],"overlaps":[]`) {
		t.Errorf("of none it says %s", text)
	}
}
