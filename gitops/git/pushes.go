package git

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
)

// packedTogether bounds the new objects of one exchange, in bytes before they
// are compressed: a flat folder of 10,000 applications is a tree of 400 kB, and
// every commit has its own.
const packedTogether = 32 << 20

// push moves refs along with what others push at the same time.
func (m *Mirror) push(ctx context.Context, updates []*update) []error {
	out := make([]error, len(updates))
	var valid []*update
	for i, u := range updates {
		if out[i] = u.err; u.err == nil {
			valid = append(valid, u)
		}
	}
	said := put(ctx, m.pushes, valid...)
	for i := range out {
		if out[i] == nil {
			out[i], said = said[0], said[1:]
		}
	}
	return out
}

// fits says whether an update may go along with others: a ref is moved once in
// an exchange, and the pack must not grow beyond all measure.
func fits(together []*batch.Place[*update], next *update) bool {
	size := next.size()
	for _, p := range together {
		if p.What.ref == next.ref {
			return false
		}
		size += p.What.size()
	}
	return size <= packedTogether
}

func (u *update) size() int {
	n := 0
	for _, c := range u.commits {
		for _, o := range c.objects {
			n += len(o.data)
		}
	}
	return n
}

// exchange moves the refs of those whose turn it is, in one request.
func (m *Mirror) exchange(ctx context.Context, together []*batch.Place[*update]) error {
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	updates := make([]*update, len(together))
	for i, p := range together {
		u := p.What
		u.err, u.known, u.sent = nil, false, false // those of a batch that was halved
		updates[i] = u
	}
	err := m.remote.push(ctx, slices.ContainsFunc(updates, m.asks), func(s transport.ReceivePackSession, refs *packp.AdvRefs) error {
		return m.send(ctx, s, refs, updates)
	})
	m.settle(ctx, updates, err)
	for _, u := range updates {
		delete(m.unsure, u.ref)
		if u.sent && !u.known {
			m.unsure[u.ref] = true
		}
	}
	for _, p := range together {
		p.Err = p.What.err
	}
	return asOne(updates)
}

// asks holds for an update that the server cannot judge alone: one of a ref that
// is to stay where it is, or one that may have landed the last time, which shows
// in the refs.
func (m *Mirror) asks(u *update) bool { return u.old == u.new || m.unsure[u.ref] }

// asOne tells what became of an exchange as a whole: nil where something of it
// took effect, or where nothing was sent. A server that takes nothing at all may
// mean each ref, one that it does not say, or the size of the pack: the words
// differ from one to the next, so no program should read them.
func asOne(updates []*update) error {
	var refused, unknown error
	for _, u := range updates {
		switch {
		case !u.sent:
		case u.err == nil:
			return nil
		case u.known && gitops.CodeOf(u.err) == gitops.Denied || errors.Is(u.err, errTooLarge):
			refused = errors.Join(batch.ErrTogether, u.err)
		case !u.known:
			unknown = u.err
		}
	}
	return cmp.Or(unknown, refused)
}

// settle gives every update its outcome after an exchange that ended with err.
// A refusal is looked at again: if the ref is where it should be, somebody who
// did the same was faster, and it does not matter who; if it is elsewhere by
// now, somebody else was first.
func (m *Mirror) settle(ctx context.Context, updates []*update, err error) {
	refused := false
	for _, u := range updates {
		if err != nil && !u.known {
			u.err = err
		}
		refused = refused || u.known && u.sent && u.err != nil
	}
	if !refused {
		return
	}
	refs, err := m.RemoteRefs(ctx, "refs/heads/")
	if err != nil {
		return // the refusal stands, and asking again is up to the caller
	}
	for _, u := range updates {
		if !u.known || !u.sent || u.err == nil {
			continue
		}
		at, found := refs[u.ref]
		if found && at == u.new.String() || !found && u.new.IsZero() {
			u.err = nil
		} else if found != !u.old.IsZero() || found && at != u.old.String() {
			u.err = u.conflict(u.err)
		}
	}
}
