package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

// PushRequest asks for one ref to be moved to a new commit.
type PushRequest struct {
	Commit *Commit
	Ref    string // full name of a branch, such as refs/heads/changebot/c-7F3K
	Expect Hash   // what the ref must be now; Zero: it must not exist
}

// Push sends exactly the new objects of a commit and moves the ref if it is
// what was expected (a compare-and-swap, done by the server). A ref that is
// already at the commit is a success, so a push may be repeated.
//
// Codes: Conflict when the ref is something else: fetch, apply the intent to the
// new tip, try again. Denied when the server refuses although the ref is what
// was expected, by a rule or a hook, whose words the error has for a person
// (they differ, so no program should read them), or when the credentials do not
// suffice: the same push succeeds only once somebody has changed that.
// Unavailable when the outcome is not known: ask RemoteRef before anything else.
func (m *Mirror) Push(ctx context.Context, req PushRequest) error {
	return m.PushAll(ctx, req)[0]
}

// PushAll is Push for several refs at once. Each has its own outcome, at its
// place in the result; one that is refused does not keep the others back. What
// is pushed meanwhile by others goes along in the same exchange, see package batch.
func (m *Mirror) PushAll(ctx context.Context, reqs ...PushRequest) []error {
	updates := make([]*update, len(reqs))
	seen := map[string]bool{}
	for i, r := range reqs {
		u := &update{ref: r.Ref}
		updates[i] = u
		switch {
		case r.Commit == nil:
			u.err = refuse(gitops.Invalid, nil, "", "There is no commit to push to %s.", r.Ref)
		case seen[r.Ref]:
			u.err = refuse(gitops.Invalid, nil, "", "%s is pushed twice at once.", r.Ref)
		default:
			u.commits = []*Commit{r.Commit}
			u.set(r.Expect, r.Commit.Hash)
		}
		seen[r.Ref] = true
	}
	return m.push(ctx, updates)
}

// DeleteRef deletes a branch that is at expect. One that is gone is a success.
// Codes as for Push.
func (m *Mirror) DeleteRef(ctx context.Context, ref string, expect Hash) error {
	u := &update{ref: ref}
	if u.set(expect, Zero); u.err == nil && u.old.IsZero() {
		u.err = refuse(gitops.Invalid, nil, "", "To delete %s, say where it is expected to be.", ref)
	}
	return m.push(ctx, []*update{u})[0]
}

// RemoteRef asks the remote where a branch is now, and whether it exists.
func (m *Mirror) RemoteRef(ctx context.Context, ref string) (at Hash, found bool, err error) {
	if err := checkRef(ref); err != nil {
		return Zero, false, err
	}
	refs, err := m.RemoteRefs(ctx, ref)
	at, found = refs[ref]
	return at, found, err
}

// RemoteRefs asks the remote for all refs whose full name begins with prefix.
func (m *Mirror) RemoteRefs(ctx context.Context, prefix string) (map[string]Hash, error) {
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	out := map[string]Hash{}
	err := m.remote.fetch(ctx, func(_ transport.UploadPackSession, refs *packp.AdvRefs) error {
		for name, h := range refs.References {
			if strings.HasPrefix(name, prefix) {
				out[name] = h.String()
			}
		}
		return nil
	})
	return out, err
}

// update is one ref on its way from old to new. A zero hash is a ref that does
// not exist.
type update struct {
	ref      string
	old, new plumbing.Hash
	commits  []*Commit // that the remote may not have; none for a deletion
	err      error     // the outcome, once it is known
	known    bool
	sent     bool // the server was asked to move it
}

func (u *update) set(from, to Hash) {
	if u.err = checkRef(u.ref); u.err != nil {
		return
	}
	if from != Zero {
		if u.old, u.err = parseHash("expected value", from); u.err != nil {
			return
		}
	}
	if to != Zero {
		u.new, u.err = parseHash("commit", to)
	}
}

// noThin is what a server says that wants no pack with deltas against objects
// that it has.
const noThin capability.Capability = "no-thin"

// send moves the refs that are not where they should be yet, in one request.
func (m *Mirror) send(ctx context.Context, s transport.ReceivePackSession, refs *packp.AdvRefs, updates []*update) error {
	req := packp.NewReferenceUpdateRequestFromCapabilities(refs.Capabilities)
	var commits []*Commit
	for _, u := range updates {
		u.err, u.known, u.sent = nil, false, false
		at := refs.References[u.ref]
		if refs.References == nil {
			at = u.old // as far as we know: the server compares
		}
		switch at {
		case u.new:
			u.known = true
		case u.old:
			req.Commands = append(req.Commands, &packp.Command{Name: plumbing.ReferenceName(u.ref), Old: u.old, New: u.new})
			u.sent = true
			commits = append(commits, u.commits...)
		default:
			u.err, u.known = u.conflict(fmt.Errorf("it is at %s, not at %s", at, u.old)), true
		}
	}
	if len(req.Commands) == 0 {
		return nil
	}
	if refs.Capabilities.Supports(capability.DeleteRefs) {
		if err := req.Capabilities.Set(capability.DeleteRefs); err != nil {
			return err
		}
	}
	if len(commits) > 0 {
		pack, err := m.packer.encode(commits, !refs.Capabilities.Supports(noThin))
		if err != nil {
			return err
		}
		req.Packfile = io.NopCloser(bytes.NewReader(pack))
	}
	said, err := listen(req, refs.Capabilities)
	if err != nil {
		return err
	}
	crash.Point("push begun")
	report, err := s.ReceivePack(ctx, req)
	crash.Point("push answered")
	if report == nil {
		return errors.Join(errors.New("the server did not report what became of the push"), err)
	}
	return m.hear(updates, said, report)
}

// hear gives the updates that were sent the outcomes that the server reports.
func (m *Mirror) hear(updates []*update, said *words, report *packp.ReportStatus) error {
	statuses := map[string]string{}
	for _, c := range report.CommandStatuses {
		statuses[c.ReferenceName.String()] = c.Status
	}
	for _, u := range updates {
		status, told := statuses[u.ref]
		switch {
		case u.known:
			continue
		case !told && report.UnpackStatus == "ok":
			return fmt.Errorf("the server did not report what became of %s", u.ref)
		case status != "ok" || report.UnpackStatus != "ok":
			u.err = m.refusal(u, said, status, report)
		}
		u.known = true
	}
	return nil
}
