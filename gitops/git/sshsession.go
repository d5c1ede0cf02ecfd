package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh"

	"github.com/changebot/changebot/gitops"
)

// sshTransport makes the sessions of one network operation. It is
// transport.Transport.
type sshTransport struct {
	ctx   context.Context // the interface takes none, and a session begins with a connection
	way   *sshWay
	conns []*sshConn // of its sessions
}

// NewUploadPackSession connects for reading.
func (t *sshTransport) NewUploadPackSession(e *transport.Endpoint, _ transport.AuthMethod) (transport.UploadPackSession, error) {
	return t.start(transport.UploadPackServiceName, e)
}

// NewReceivePackSession connects for writing.
func (t *sshTransport) NewReceivePackSession(e *transport.Endpoint, _ transport.AuthMethod) (transport.ReceivePackSession, error) {
	return t.start(transport.ReceivePackServiceName, e)
}

func (t *sshTransport) start(service string, e *transport.Endpoint) (*sshSession, error) {
	s, err := t.way.dial(t.ctx)
	if err != nil {
		return nil, err
	}
	s.service, s.name = service, t.way.name
	t.conns = append(t.conns, s.conn)
	if err := s.start(e.Path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sshSession is one command on the server, and the connection it has for
// itself.
type sshSession struct {
	conn    *sshConn
	client  *ssh.Client
	release func() bool // from the context that would end the connection
	command *ssh.Session
	service string
	name    string // of the server, for people
	in      io.WriteCloser
	out     io.Reader
	said    words // beside the protocol; whole once the command has ended
	refs    *packp.AdvRefs
	asked   bool // for more than the refs
}

func (s *sshSession) start(path string) (err error) {
	if s.command, err = s.client.NewSession(); err != nil {
		return err
	}
	s.command.Stderr = &s.said
	if s.in, err = s.command.StdinPipe(); err != nil {
		return err
	}
	if s.out, err = s.command.StdoutPipe(); err != nil {
		return err
	}
	return s.command.Start(s.service + " '" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(path) + "'")
}

// AdvertisedReferences is AdvertisedReferencesContext.
func (s *sshSession) AdvertisedReferences() (*packp.AdvRefs, error) {
	return s.AdvertisedReferencesContext(context.Background())
}

// AdvertisedReferencesContext reads what the server says first. From then on
// it may take as long as it likes, but not be silent for as long as an answer
// may take.
func (s *sshSession) AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error) {
	if s.refs != nil {
		return s.refs, nil
	}
	refs := packp.NewAdvRefs()
	err := refs.Decode(&capped{s.out, maxSaid, errTalkative})
	switch {
	case errors.Is(err, packp.ErrEmptyAdvRefs) && s.service == transport.UploadPackServiceName:
		return nil, transport.ErrEmptyRemoteRepository
	case err != nil && !errors.Is(err, packp.ErrEmptyAdvRefs):
		return nil, s.ended(err)
	}
	transport.FilterUnsupportedCapabilities(refs.Capabilities)
	s.refs = refs
	return refs, s.conn.talk()
}

// ended tells why the server ended the command in place of an answer. SSH has
// no codes for that, so its words are looked at, and people get to read them.
func (s *sshSession) ended(err error) error {
	_ = s.command.Wait() // its words are whole then; what they are says more than how it ended
	text := s.said.String()
	if line, ok := errors.AsType[*pktline.ErrorLine](err); ok {
		text = line.Text
	}
	switch {
	case noRepository(text):
		return fmt.Errorf("%w: the server says %q", transport.ErrRepositoryNotFound, text)
	case text != "":
		return &gitops.Error{
			Code: gitops.Unavailable, System: s.name, Message: fmt.Sprintf("The git server ended the connection: “%s”.", text),
			Next: "Look whether changebot's key may read and write there.", Err: err,
		}
	default:
		return err
	}
}

// noRepository recognises what git itself, GitHub, GitLab and Bitbucket say of
// a repository that is not there, or not for us.
func noRepository(text string) bool {
	for _, words := range []string{"does not appear to be a git repository", "Repository not found", "could not be found", "does not exist"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// UploadPack asks for a pack. It is written as over HTTP, so the answer is the
// same.
func (s *sshSession) UploadPack(_ context.Context, req *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	if req.IsEmpty() {
		return nil, transport.ErrEmptyUploadPackRequest
	}
	if err := req.Validate(); err != nil {
		return nil, err
	}
	s.asked = true
	err := req.UploadRequest.Encode(s.in)
	if err == nil {
		err = req.UploadHaves.Encode(s.in, false)
	}
	if err == nil {
		err = pktline.NewEncoder(s.in).EncodeString("done\n")
	}
	if err == nil {
		err = s.in.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("send the request: %w", err)
	}
	res := packp.NewUploadPackResponse(req)
	if err := res.Decode(io.NopCloser(s.out)); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return res, nil
}

// ReceivePack sends a push and reads what became of it.
func (s *sshSession) ReceivePack(_ context.Context, req *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	s.asked = true
	if err := req.Encode(s.in); err != nil {
		return nil, fmt.Errorf("send the push: %w", err)
	}
	if err := s.in.Close(); err != nil {
		return nil, fmt.Errorf("send the push: %w", err)
	}
	var out io.Reader = &capped{s.out, maxSaid, errTalkative}
	if req.Capabilities.Supports(capability.Sideband64k) {
		demuxer := sideband.NewDemuxer(sideband.Sideband64k, out)
		demuxer.Progress = req.Progress
		out = demuxer
	}
	report := packp.NewReportStatus()
	if err := report.Decode(out); err != nil {
		return nil, fmt.Errorf("read what became of the push: %w", err)
	}
	return report, report.Error()
}

// Close ends the command and the connection. A server that still waits to hear
// what is wanted is told: nothing.
func (s *sshSession) Close() error {
	if s.in != nil && !s.asked {
		_, _ = s.in.Write(pktline.FlushPkt) // it may be gone already
	}
	s.release()
	_ = s.client.Close() // likewise
	_ = s.client.Wait()
	return nil
}
