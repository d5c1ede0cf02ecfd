package git

import (
	"bytes"
	"context"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// signedOtherwise says where a branch stands that was not where a push expected
// it, if what is there is the commit of that push but for its signature; Zero
// where it is anything else, or cannot be looked at.
//
// changebot knows its own commit by making the same one again, which another
// signing key makes another one: where it died after a push, and its key was
// exchanged, it would take its own work for somebody else's. A person's commit
// differs by more: in who made it, or when.
func (m *Mirror) signedOtherwise(ctx context.Context, req PushRequest) (at Hash) {
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	err := m.write(ctx, func(st *store) error { // the pack lies in the store for a moment
		return m.remote.fetch(ctx, func(s transport.UploadPackSession, refs *packp.AdvRefs) error {
			head, found := refs.References[req.Ref]
			if !found {
				return nil
			}
			there, err := st.peek(ctx, s, refs, wanted{
				want: head, haves: []plumbing.Hash{plumbing.NewHash(req.Commit.Parent)}, maxObjects: fewObjects,
			})
			if err == nil && there != nil && bytes.Equal(unsigned(there), unsigned(req.Commit.data())) {
				at = head.String()
			}
			return err
		})
	})
	if err != nil {
		m.log.Info("a branch that is elsewhere was not looked at", "ref", req.Ref, "reason", err)
		return Zero
	}
	return at
}

// peek returns a commit of the remote that nothing else needs; nil where the
// server sends it as a delta, as it may where there are several.
func (s *store) peek(ctx context.Context, session transport.UploadPackSession, refs *packp.AdvRefs, w wanted) ([]byte, error) {
	_, tmp, pack, err := s.receive(ctx, session, refs, w, func(Progress) {})
	if err != nil {
		return nil, err
	}
	return pack.Content(plumbing.CommitObject, w.want), os.Remove(tmp)
}

// data is the commit object.
func (c *Commit) data() []byte { return c.objects[len(c.objects)-1].data }
