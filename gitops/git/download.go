package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops/crash"
	"github.com/changebot/changebot/gitops/git/indexpack"
)

// wanted says what to ask the server for.
type wanted struct {
	want       plumbing.Hash
	haves      []plumbing.Hash
	depth      int // 0: everything that is not below haves
	maxObjects int // 0: no bound
}

// download asks for a pack and adds it to the store.
func (s *store) download(ctx context.Context, session transport.UploadPackSession, refs *packp.AdvRefs, w wanted, report func(Progress)) error {
	res, tmp, pack, err := s.receive(ctx, session, refs, w, report)
	if err != nil {
		return err
	}
	crash.Point("pack received")
	if err := s.addPack(ctx, tmp, pack); err != nil {
		return err
	}
	return s.addShallow(res.Shallows)
}

// receive asks for a pack, and leaves it in a temporary file of the store. The
// store's shallow commits are told to the server, so that it knows that nothing
// before them is here.
func (s *store) receive(ctx context.Context, session transport.UploadPackSession, refs *packp.AdvRefs, w wanted, report func(Progress),
) (res *packp.UploadPackResponse, tmp string, pack *indexpack.Pack, err error) {
	req := packp.NewUploadPackRequestFromCapabilities(refs.Capabilities)
	req.Wants = []plumbing.Hash{w.want}
	req.Haves = w.haves
	if refs.Capabilities.Supports(capability.Shallow) {
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return nil, "", nil, err
		}
		req.Shallows = append(req.Shallows, s.shallow...)
		req.Depth = packp.DepthCommits(w.depth)
	}
	if refs.Capabilities.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return nil, "", nil, err
		}
	}
	if res, err = session.UploadPack(ctx, req); err != nil {
		return nil, "", nil, fmt.Errorf("ask for the pack of %s: %w", w.want, err)
	}
	defer res.Close()
	var body io.Reader = res
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		body = sideband.NewDemuxer(sideband.Sideband64k, res)
	case req.Capabilities.Supports(capability.Sideband):
		body = sideband.NewDemuxer(sideband.Sideband, res)
	}
	if tmp, pack, err = receivePack(body, filepath.Join(s.dir, "objects/pack"), w.maxObjects, report); err != nil {
		return nil, "", nil, fmt.Errorf("receive the pack of %s: %w", w.want, err)
	}
	return res, tmp, pack, nil
}

// receivePack stores a pack in a temporary file and takes it apart while it
// comes. Its header tells how many objects will come, so what is too much is
// refused before it is received.
func receivePack(body io.Reader, dir string, maxObjects int, report func(Progress)) (path string, pack *indexpack.Pack, err error) {
	f, err := os.CreateTemp(dir, unfinished)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	p := Progress{}
	pack, err = indexpack.Begin(body, f, func(received int64) {
		p.Bytes = received
		report(p)
	})
	if err != nil {
		return "", nil, err
	}
	if p.Objects = pack.Objects(); maxObjects > 0 && p.Objects > maxObjects {
		return "", nil, fmt.Errorf("%w: %d objects", errTooMuch, p.Objects)
	}
	report(p)
	crash.Point("pack begun")
	if err := pack.Receive(); err != nil {
		return "", nil, err
	}
	p.Bytes, p.Done = pack.Bytes(), true
	report(p)
	return f.Name(), pack, nil
}
