package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits are the rate limits per actor. Zero values are filled in as said.
type Limits struct {
	// PerHour is the primary limit; 5000 by default.
	PerHour int
	// SearchPerMinute is the limit of searches; 30 by default.
	SearchPerMinute int
	// PointsPerMinute is the secondary limit on requests (a read costs 1, a
	// write 5), GitHub's is 900. 0 does not enforce it: tests are faster than
	// any client on the internet.
	PointsPerMinute int
	// WritesPerMinute is the secondary limit on content, GitHub's is 80. 0 does
	// not enforce it.
	WritesPerMinute int
	// Concurrent requests of one actor, GitHub's is 100. 0 does not enforce it.
	Concurrent int
}

// secondaryDocs is how clients recognise a secondary limit.
const secondaryDocs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"

// limiter counts requests per actor and resource.
type limiter struct {
	clock   func() time.Time
	limits  Limits
	mu      sync.Mutex
	windows map[string]*quota // by actor and resource
	running map[string]int
}

// quota is a window of time and what was used in it.
type quota struct {
	limit, used int
	reset       time.Time
}

func newLimiter(l Limits, clock func() time.Time) *limiter {
	if l.PerHour == 0 {
		l.PerHour = 5000
	}
	if l.SearchPerMinute == 0 {
		l.SearchPerMinute = 30
	}
	return &limiter{clock: clock, limits: l, windows: map[string]*quota{}, running: map[string]int{}}
}

// limitKey is whose limits a call uses up.
func limitKey(c *call) string {
	switch c.actor.kind {
	case anonymous:
		return "anonymous"
	case install:
		return fmt.Sprintf("installation ID %d", c.actor.install.id)
	case theApp:
		return "app ID " + strconv.FormatInt(c.s.opt.App.ID, 10)
	}
	return "user " + c.actor.login
}

// window returns the running quota. The caller holds l.mu.
func (l *limiter) window(key, resource string) *quota {
	now := l.clock()
	q := l.windows[key+"/"+resource]
	if q == nil || !now.Before(q.reset) {
		limit, span := l.limits.PerHour, time.Hour
		switch resource {
		case "search":
			limit, span = l.limits.SearchPerMinute, time.Minute
		case "points":
			limit, span = l.limits.PointsPerMinute, time.Minute
		case "writes":
			limit, span = l.limits.WritesPerMinute, time.Minute
		}
		q = &quota{limit: limit, reset: now.Add(span)}
		l.windows[key+"/"+resource] = q
	}
	return q
}

// admit lets a call in, or refuses it as GitHub does. What it lets in must
// leave.
func (l *limiter) admit(key, resource, method string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q := l.window(key, resource); q.used >= q.limit {
		return refuse(http.StatusForbidden, "API rate limit exceeded for "+key+".")
	}
	cost, write := 1, 0
	if method != http.MethodGet && method != http.MethodHead {
		cost, write = 5, 1
	}
	if l.limits.Concurrent > 0 && l.running[key] >= l.limits.Concurrent {
		return secondary(time.Minute)
	}
	for resource, add := range map[string]int{"points": cost, "writes": write} {
		q := l.window(key, resource)
		if q.limit > 0 && q.used+add > q.limit {
			return secondary(q.reset.Sub(l.clock()))
		}
		q.used += add
	}
	l.running[key]++
	return nil
}

func (l *limiter) leave(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[key]--
}

// count takes one off the quota.
func (l *limiter) count(key, resource string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.window(key, resource).used++
}

// exhaust uses up the primary limit until a while from now.
func (l *limiter) exhaust(key string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.window(key, "core")
	q.used, q.reset = q.limit, l.clock().Add(wait)
}

// secondary is the refusal of a secondary limit.
func secondary(wait time.Duration) error {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	return &problem{
		status:  http.StatusForbidden,
		message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		docs:    secondaryDocs,
		header:  http.Header{"Retry-After": {strconv.Itoa(seconds)}},
	}
}

// mark adds the headers that tell a client where it stands.
func (l *limiter) mark(a answer, key, resource string) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.window(key, resource)
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set("X-RateLimit-Limit", strconv.Itoa(q.limit))
	a.header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, q.limit-q.used)))
	a.header.Set("X-RateLimit-Used", strconv.Itoa(q.used))
	a.header.Set("X-RateLimit-Reset", strconv.FormatInt(q.reset.Unix(), 10))
	a.header.Set("X-RateLimit-Resource", resource)
	return a
}

// getRateLimit is rate-limit/get.
func getRateLimit(c *call) (answer, error) {
	l := c.s.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	show := func(resource string) obj {
		q := l.window(limitKey(c), resource)
		return obj{"limit": q.limit, "used": q.used, "remaining": max(0, q.limit-q.used), "reset": q.reset.Unix()}
	}
	return ok(obj{"resources": obj{"core": show("core"), "search": show("search")}, "rate": show("core")})
}
