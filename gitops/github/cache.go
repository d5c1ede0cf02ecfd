package github

import (
	"bytes"
	"container/list"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// The bounds of what one client keeps. A page of pull requests is some 100 kB,
// a file some 10 kB; what does not fit in an eighth is not kept.
const (
	cacheBytes   = 32 << 20
	cacheEntries = 10_000
)

// A cache keeps what GitHub answered. Every read still goes to GitHub, since
// something is decided on it, but says which answer is known: one that has not
// changed is not sent again, and costs nothing of the hourly budget. What was
// asked for least recently makes room for what is new.
//
// An answer is kept by what was asked, not by the token that changes every
// hour. A cache therefore belongs to one installation, and stands before the
// transport that adds the token.
type cache struct {
	next    http.RoundTripper
	bytes   int
	entries int

	mu    sync.Mutex
	size  int                      // of all that is kept, in bytes
	known map[string]*list.Element // of *kept, by key
	order *list.List               // the most recently used first
}

// kept is one answer.
type kept struct {
	key    string
	header http.Header
	body   []byte
}

func newCache(next http.RoundTripper, bytes, entries int) *cache {
	return &cache{next: next, bytes: bytes, entries: entries, known: map[string]*list.Element{}, order: list.New()}
}

// RoundTrip sends the request on, and answers with what is kept where GitHub
// says that it has not changed.
func (c *cache) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || req.Header.Get("If-None-Match") != "" || req.Header.Get("Range") != "" {
		return c.next.RoundTrip(req)
	}
	key := req.URL.String() + " " + req.Header.Get("Accept")
	before, found := c.get(key)
	if found {
		req = req.Clone(req.Context())
		req.Header.Set("If-None-Match", before.header.Get("ETag"))
	}
	res, err := c.next.RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case found && res.StatusCode == http.StatusNotModified:
		return before.again(res), nil
	case res.StatusCode == http.StatusOK && res.Header.Get("ETag") != "" && !strings.Contains(res.Header.Get("Cache-Control"), "no-store"):
		return c.keep(key, res)
	default:
		return res, nil
	}
}

// again makes the answer from what was kept. What came with "not modified" is
// newer than what came with the answer: the budget that is left, for one.
func (k *kept) again(res *http.Response) *http.Response {
	_ = res.Body.Close() // it has none
	header := k.header.Clone()
	for name, values := range res.Header {
		if name != "Content-Length" && name != "Content-Type" && name != "Content-Encoding" {
			header[name] = values
		}
	}
	again := *res
	again.Status, again.StatusCode = "200 OK", http.StatusOK
	again.Header, again.ContentLength = header, int64(len(k.body))
	again.Body = io.NopCloser(bytes.NewReader(k.body))
	return &again
}

// keep reads an answer and keeps it, unless it is large.
func (c *cache) keep(key string, res *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(c.bytes/8)+1))
	if err != nil {
		_ = res.Body.Close() // the first error says it
		return nil, fmt.Errorf("read GitHub's answer to %s: %w", res.Request.URL.Path, err)
	}
	if len(body) > c.bytes/8 {
		res.Body = rest{io.MultiReader(bytes.NewReader(body), res.Body), res.Body}
		return res, nil
	}
	_ = res.Body.Close() // it was read to its end
	res.Body = io.NopCloser(bytes.NewReader(body))
	c.put(&kept{key: key, header: res.Header.Clone(), body: body})
	return res, nil
}

// rest is a body of which the beginning was read already.
type rest struct {
	io.Reader
	io.Closer
}

func (c *cache) get(key string) (*kept, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept), true
}

func (c *cache) put(k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[k.key]; ok {
		c.drop(e)
	}
	c.known[k.key] = c.order.PushFront(k)
	c.size += k.size()
	for c.size > c.bytes || len(c.known) > c.entries {
		c.drop(c.order.Back())
	}
}

// drop forgets an answer. The caller holds c.mu.
func (c *cache) drop(e *list.Element) {
	k := c.order.Remove(e).(*kept)
	delete(c.known, k.key)
	c.size -= k.size()
}

// size is about how much memory an answer takes.
func (k *kept) size() int {
	n := len(k.key) + len(k.body)
	for name, values := range k.header {
		n += len(name) + len(strings.Join(values, ""))
	}
	return n
}
