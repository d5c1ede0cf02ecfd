package github

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An answerer answers each address with a body, and knows which bodies it need
// not send.
type answerer struct {
	body   func(path string) string
	fresh  int // answered in full
	before int // answered "not modified"
}

func (a *answerer) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	body := a.body(req.URL.Path)
	w.Header().Set("ETag", fmt.Sprintf("%q", body[:min(len(body), 20)]))
	w.Header().Set("Vary", "Accept, Authorization")
	w.Header().Set("X-RateLimit-Remaining", fmt.Sprint(a.fresh))
	if req.Header.Get("If-None-Match") == w.Header().Get("ETag") {
		a.before++
		w.WriteHeader(http.StatusNotModified)
	} else {
		a.fresh++
		w.WriteString(body)
	}
	res := w.Result()
	res.Request = req
	return res, nil
}

// read asks for a path and returns what came.
func read(t *testing.T, c *cache, path, token string) (string, http.Header) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.github.com"+path, nil)
	req.Header.Set("Authorization", token)
	res, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s answered %s", path, res.Status)
	}
	var all bytes.Buffer
	if _, err := io.Copy(&all, res.Body); err != nil {
		t.Fatal(err)
	}
	return all.String(), res.Header
}

func TestAnAnswerIsNotSentTwice(t *testing.T) {
	text := "one"
	github := &answerer{body: func(string) string { return text }}
	c := newCache(github, 1000, 10)
	for n, token := range []string{"a", "a", "b"} { // a new token every hour
		if body, _ := read(t, c, "/x", token); body != "one" || github.fresh != 1 || github.before != n {
			t.Errorf("read %d: %q, sent %d times, spared %d times", n, body, github.fresh, github.before)
		}
	}
	text = "two"
	if body, header := read(t, c, "/x", "b"); body != "two" || header.Get("ETag") != `"two"` {
		t.Errorf("what changed is read as %q", body)
	}
	if body, header := read(t, c, "/x", "b"); body != "two" || header.Get("X-RateLimit-Remaining") != "2" {
		t.Errorf("%q, with the budget of before: %v", body, header)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	github := &answerer{body: func(path string) string { return path + strings.Repeat("x", 500) }}
	for _, tt := range []struct {
		name           string
		bytes, entries int
	}{
		{"by its size", 20_000, 1000},
		{"by the number of answers", 1_000_000, 25},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCache(github, tt.bytes, tt.entries)
			for n := range 1000 {
				read(t, c, fmt.Sprintf("/contents/%019d", n), "token")
				read(t, c, "/asked/often/and/again", "token")
			}
			if c.size > tt.bytes || len(c.known) > tt.entries || len(c.known) != c.order.Len() || len(c.known) < 20 {
				t.Errorf("keeps %d bytes in %d answers", c.size, len(c.known))
			}
			sum := 0
			for e := c.order.Front(); e != nil; e = e.Next() {
				sum += e.Value.(*kept).size()
			}
			if sum != c.size {
				t.Errorf("counts %d bytes and keeps %d", c.size, sum)
			}
			github.before = 0
			if read(t, c, "/asked/often/and/again", "token"); github.before != 1 {
				t.Error("what is asked for often has made room")
			}
		})
	}
}

func TestALargeAnswerPassesWhole(t *testing.T) {
	github := &answerer{body: func(string) string { return strings.Repeat("x", 5000) }}
	c := newCache(github, 1000, 10)
	if body, _ := read(t, c, "/x", ""); len(body) != 5000 || len(c.known) != 0 {
		t.Errorf("%d bytes came, %d answers are kept", len(body), len(c.known))
	}
}
