package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

const (
	// maxErrorBody is how many bytes of a refusal's text are read; it goes to the
	// log only.
	maxErrorBody = 4 << 10

	// maxSaid bounds what a server says beside packs, in bytes: which refs it has,
	// with 60 for each, and what became of a push. All of it is held in memory.
	maxSaid = 32 << 20
)

// errTalkative: the server said more than is taken in.
var errTalkative = fmt.Errorf("more than %d MiB that are no pack", maxSaid>>20)

// errSilent: the server fell silent in the middle of an answer. A connection
// that broke on the way looks like that, and may do so for ever.
var errSilent = errors.New("the server fell silent")

// exchange is one network operation: its own endpoint (go-git's sessions change
// theirs), its own credentials, and the bodies that go-git leaves open.
type exchange struct {
	trip    http.RoundTripper
	silence time.Duration

	mu      sync.Mutex
	answers []*answer
	ended   error         // why an answer was not read to its end
	pause   *gitops.Pause // where the server wants to be left alone
	large   bool          // what was sent is more than the server takes at once
	lost    bool          // the server did not take what was sent for what it is
}

// RoundTrip is http.RoundTripper's.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cut := context.WithCancelCause(req.Context())
	res, err := x.trip.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cut(nil)
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			_ = x.end(errSilent)
		}
		return nil, err
	}
	service := path.Base(req.URL.Path)
	crash.Point("answered " + service)
	a := &answer{exchange: x, body: res.Body, ctx: ctx, cut: cut, capped: capped{res.Body, maxSaid, errTalkative}}
	switch {
	case res.StatusCode >= http.StatusMultipleChoices:
		a.left, a.over = maxErrorBody, io.EOF
	case service == transport.UploadPackServiceName: // a pack says itself how much it is
		a.left = math.MaxInt64
	}
	res.Body = a
	x.mu.Lock()
	defer x.mu.Unlock()
	x.answers = append(x.answers, a)
	x.large = x.large || res.StatusCode == http.StatusRequestEntityTooLarge
	x.lost = x.lost || isLost(res.StatusCode)
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && res.StatusCode >= http.StatusMultipleChoices {
		x.pause = &gitops.Pause{After: gitops.PauseOf(seconds)}
	}
	return res, nil
}

func (x *exchange) done() {
	for _, a := range x.answers {
		_ = a.Close()
	}
}

// end keeps why an answer was not read to its end.
func (x *exchange) end(err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = err
	return err
}

// why is what an operation ended with. go-git does not always keep the cause.
func (x *exchange) why(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	if x.ended != nil && !errors.Is(err, x.ended) {
		err = fmt.Errorf("%w: %w", x.ended, err)
	}
	switch {
	case x.large:
		return fmt.Errorf("%w: %w", errTooLarge, err)
	case x.pause != nil:
		x.pause.Err = err
		return x.pause
	case x.lost:
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// An answer is the body of a response. Nobody waits for it for ever, and no more
// of it is read than there may be.
type answer struct {
	*exchange
	capped
	body io.ReadCloser
	ctx  context.Context // of the request, which cut ends
	cut  context.CancelCauseFunc
}

// Read is io.Reader's. Only the time that the server takes is counted.
func (a *answer) Read(p []byte) (int, error) {
	watch := time.AfterFunc(a.silence, func() { a.cut(errSilent) })
	n, err := a.capped.Read(p)
	watch.Stop()
	if err != nil && errors.Is(context.Cause(a.ctx), errSilent) {
		err = a.end(fmt.Errorf("%w for %s", errSilent, a.silence))
	}
	if errors.Is(err, errTalkative) {
		err = a.end(err)
	}
	return n, err
}

// Close ends the request, whatever is left of its answer.
func (a *answer) Close() error {
	err := a.body.Close()
	a.cut(nil)
	return err
}

// capped reads so many bytes at most, and then fails.
type capped struct {
	from io.Reader
	left int64
	over error
}

// Read is io.Reader's.
func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, c.over
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
