package git

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/changebot/changebot/gitops"
)

// maxWords is how many bytes of what the server says beside its report are
// kept: a person reads them, and it may say anything.
const maxWords = 500

// words are what the server and its hooks say to whoever pushes, beside the
// report: there it names the rule that was broken.
type words struct{ text []byte }

// Write keeps the beginning and takes the rest for nothing.
func (w *words) Write(p []byte) (int, error) {
	w.text = append(w.text, p[:min(len(p), maxWords-len(w.text))]...)
	return len(p), nil
}

// String returns them as one line.
func (w *words) String() string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(string(w.text), ""))
	return strings.Join(strings.Fields(printable), " ")
}

// listen lets the server say something beside its report, if it can: what went
// wrong, not how far it has come.
func listen(req *packp.ReferenceUpdateRequest, server *capability.List) (*words, error) {
	w := &words{}
	if !server.Supports(capability.Sideband64k) {
		return w, nil
	}
	req.Progress = w
	if server.Supports(capability.Quiet) {
		if err := req.Capabilities.Set(capability.Quiet); err != nil {
			return w, err
		}
	}
	return w, req.Capabilities.Set(capability.Sideband64k)
}

// conflict is the outcome of an update of a ref that is not where it was
// expected to be.
func (u *update) conflict(cause error) error {
	return refuse(gitops.Conflict, cause, "It is tried again on what is there now.",
		"%s was not moved: somebody else was first.", u.ref)
}

// refusal is the outcome of an update that the server did not make although
// the ref was where it was expected to be: it goes on waiting for the server,
// in whose words it is.
func (m *Mirror) refusal(u *update, said *words, status string, report *packp.ReportStatus) error {
	why := said.String()
	if why == "" {
		why = status
	}
	return &gitops.Error{
		Code: gitops.Denied, System: m.remote.name,
		Message: fmt.Sprintf("The git server refused to move %s: “%s”.", u.ref, why),
		Next:    "Let changebot push there, or ask who sets the rules of the repository to.",
		Err:     fmt.Errorf("the server says %q, and %q of the pack", status, report.UnpackStatus),
	}
}
