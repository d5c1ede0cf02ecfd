package git

import (
	"context"
	"encoding/binary"
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
)

// wanted says what to ask the server for.
type wanted struct {
	want       plumbing.Hash
	haves      []plumbing.Hash
	depth      int // 0: everything that is not below haves
	maxObjects int // 0: no bound
}

// download asks for a pack and adds it to the store. The store's shallow commits are told
// to the server, so that it knows that nothing before them is here.
func (s *store) download(ctx context.Context, session transport.UploadPackSession, refs *packp.AdvRefs, w wanted, report func(Progress)) error {
	req := packp.NewUploadPackRequestFromCapabilities(refs.Capabilities)
	req.Wants = []plumbing.Hash{w.want}
	req.Haves = w.haves
	if refs.Capabilities.Supports(capability.Shallow) {
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return err
		}
		req.Shallows = append(req.Shallows, s.shallow...)
		req.Depth = packp.DepthCommits(w.depth)
	}
	if refs.Capabilities.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return err
		}
	}
	res, err := session.UploadPack(ctx, req)
	if err != nil {
		return fmt.Errorf("ask for the pack of %s: %w", w.want, err)
	}
	defer res.Close()
	var body io.Reader = res
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		body = sideband.NewDemuxer(sideband.Sideband64k, res)
	case req.Capabilities.Supports(capability.Sideband):
		body = sideband.NewDemuxer(sideband.Sideband, res)
	}
	tmp, contents, err := receivePack(body, filepath.Join(s.dir, "objects/pack"), w.maxObjects, report)
	if err != nil {
		return fmt.Errorf("receive the pack of %s: %w", w.want, err)
	}
	crash.Point("pack received")
	if err := s.addPack(tmp, contents); err != nil {
		return err
	}
	return s.addShallow(res.Shallows)
}

// receivePack stores a pack in a temporary file and takes it apart while it
// comes. Its header tells how many objects will come, so what is too much is
// refused before it is received.
func receivePack(body io.Reader, dir string, maxObjects int, report func(Progress)) (path string, c *contents, err error) {
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
	a := newArrival(body, f, func(received int64) {
		p.Bytes = received
		report(p)
	})
	var header [12]byte
	if _, err := io.ReadFull(a, header[:]); err != nil {
		return "", nil, err
	}
	if string(header[:4]) != "PACK" || binary.BigEndian.Uint32(header[4:]) != 2 {
		return "", nil, errors.New("the answer is not a pack")
	}
	n := int(binary.BigEndian.Uint32(header[8:]))
	if maxObjects > 0 && n > maxObjects {
		return "", nil, fmt.Errorf("%w: %d objects", errTooMuch, n)
	}
	p.Objects = n
	report(p)
	if c, err = scan(a, n); err != nil {
		return "", nil, err
	}
	p.Bytes, p.Done = a.offset(), true
	report(p)
	return f.Name(), c, nil
}
