package pulltext

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// The block stands in an HTML comment at the end of a body: one line of JSON,
// compressed where it is long, and one with the signature over exactly those
// bytes. What gzip makes begins with its own mark, and JSON does not.
const (
	blockOpen  = "<!-- changebot:v1\n"
	blockClose = "\n-->"
)

// A Record is what a block says: all that is needed to go on with a Change
// when the store was lost, but for its decisions. Of a plan that is too long
// for a body the Edits go, then the Evidence and what is left out, then the Targets: they
// follow from the Request at Plan.Base, and Plan.Digest says whether they are the
// same. Last go the names of a Request for all applications.
type Record struct {
	Change  string         `json:"change"`
	Request gitops.Request `json:"request"`
	Plan    gitops.Plan    `json:"plan"`
	Round   int            `json:"round"`
	HeadSHA string         `json:"head"`
}

// Block writes the signed, machine-readable block of a Change.
func Block(c gitops.Change, key ed25519.PrivateKey) (string, error) {
	c.Plan.Included, c.Plan.Rendered = nil, nil // for people, and long
	c.Plan.Edits = slices.Clone(c.Plan.Edits)
	for i := range c.Plan.Edits {
		c.Plan.Edits[i].Diff = "" // so is this
	}
	data, err := squeezed(c)
	all := c.Request.Command.All
	for _, leaveOut := range []func(){
		func() { c.Plan.Edits = nil },
		func() { c.Plan.Evidence, c.Plan.LeftOut = nil, nil },
		func() { c.Plan.Targets = nil },
		func() {
			if all {
				c.Request.Command.Applications = nil
			}
		},
	} {
		if err == nil && len(data) > mostBlock {
			leaveOut()
			data, err = squeezed(c)
		}
	}
	if err != nil {
		return "", fmt.Errorf("write the block of %s: %w", c.ID, err)
	}
	// In base64 nothing a person typed can end the comment.
	text := base64.StdEncoding.EncodeToString(data)
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
	return blockOpen + text + "\n" + signature + blockClose, nil
}

// ReadBlock returns what the block in a body says. A body without one, or with
// one that this key did not sign, counts for nothing and is an error.
func ReadBlock(body string, key ed25519.PublicKey) (Record, error) {
	body = strings.ReplaceAll(body, "\r\n", "\n") // as forges' forms send it
	var record Record
	start := strings.LastIndex(body, blockOpen)
	if start < 0 {
		return record, &gitops.Error{Code: gitops.NotFound, Message: "The pull request holds no block of changebot's."}
	}
	text, rest, _ := strings.Cut(body[start+len(blockOpen):], "\n")
	encoded, _, closed := strings.Cut(rest, blockClose)
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !closed || !ed25519.Verify(key, []byte(text), signature) {
		return record, &gitops.Error{Code: gitops.Denied, Message: "The block in the pull request is not signed by this changebot, so it counts for nothing.", Err: err}
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return record, &gitops.Error{Code: gitops.Invalid, Message: "The block in the pull request is not base64.", Err: err}
	}
	if data, err = expand(data); err != nil {
		return record, &gitops.Error{Code: gitops.Invalid, Message: "The block in the pull request cannot be expanded.", Err: err}
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return record, &gitops.Error{Code: gitops.Invalid, Message: "The block in the pull request cannot be read.", Err: err}
	}
	return record, nil
}

const (
	longBlock    = 4 << 10  // bytes of JSON from which on it is compressed
	mostBlock    = 24 << 10 // bytes of a block, before base64 makes a third more of them
	mostExpanded = 16 << 20 // bytes that one is expanded to
)

// gzipMark is what gzip's format begins with (RFC 1952).
const gzipMark = "\x1f\x8b"

// squeezed is a Change's Record, compressed where it is long.
func squeezed(c gitops.Change) ([]byte, error) {
	data, err := json.Marshal(Record{Change: c.ID, Request: c.Request, Plan: c.Plan, Round: c.Proposal.Round, HeadSHA: c.Proposal.HeadSHA})
	if err != nil || len(data) < longBlock {
		return data, err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// expand is the inverse. What it reads is signed, and bounded all the same.
func expand(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte(gzipMark)) {
		return data, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, mostExpanded))
}
