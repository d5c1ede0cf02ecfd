package githubtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// pageSize is GitHub's default, maxPageSize its limit.
const (
	pageSize    = 30
	maxPageSize = 100
)

// window is the part of a list that a request asks for.
type window struct{ page, size int }

func (c *call) window() window {
	w := window{page: 1, size: pageSize}
	q := c.r.URL.Query()
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		w.page = n
	}
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		w.size = min(n, maxPageSize)
	}
	return w
}

func (w window) skip() int { return (w.page - 1) * w.size }

// cut returns the window's part of all.
func cut[T any](w window, all []T) []T {
	from := min(w.skip(), len(all))
	return all[from:min(from+w.size, len(all))]
}

// listing answers with the requested page of all, each item rendered, and its
// Link header.
func listing[T any](c *call, all []T, render func(T) obj) (answer, error) {
	w := c.window()
	items := []obj{}
	for _, item := range cut(w, all) {
		items = append(items, render(item))
	}
	last := (len(all) + w.size - 1) / w.size
	return answer{status: http.StatusOK, body: items, header: c.links(w, w.page < last, last)}, nil
}

// links makes the Link header. A last of 0 means that it is not known.
func (c *call) links(w window, more bool, last int) http.Header {
	var links []string
	add := func(rel string, page int) {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(page))
		links = append(links, fmt.Sprintf(`<%s?%s>; rel="%s"`, c.self(), q.Encode(), rel))
	}
	if w.page > 1 {
		add("prev", w.page-1)
	}
	if more {
		add("next", w.page+1)
		if last > 0 {
			add("last", last)
		}
	}
	if w.page > 1 {
		add("first", 1)
	}
	if len(links) == 0 {
		return nil
	}
	return http.Header{"Link": {strings.Join(links, ", ")}}
}

// self is the full address of what was asked for, without its query.
func (c *call) self() string {
	u := url.URL{Path: c.r.URL.Path, RawPath: c.r.URL.RawPath}
	return c.s.external + u.EscapedPath()
}
