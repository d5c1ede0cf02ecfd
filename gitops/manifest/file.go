package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

const (
	// maxBytes is the largest file that is read: 10 MB.
	maxBytes = 10 << 20

	// maxIndicators bounds the characters that can begin a node, and with them
	// the memory of the tree (a node takes 200 bytes, so a file of commas would
	// take 100 times its size). The largest real bundles have a third of it.
	maxIndicators = 2_000_000

	// maxDirectives bounds the %TAG directives: the parser compares each with
	// all before it, so that a few megabytes of them take minutes.
	maxDirectives = 100
)

// file is a manifest: its bytes and what they mean.
type file struct {
	data  []byte
	docs  []*yaml.Node // each a document node, in the order of the file
	lines []int        // byte offset of the beginning of each line
	names []string     // of the documents, once they are asked for: see documentName
	json  bool         // it is JSON and stays JSON

	within *block                // the block whose text this is, nil for a file by itself
	blocks map[*yaml.Node]*block // those that were looked into
}

// open parses data, or refuses a file that cannot be understood for certain.
func open(data []byte) (*file, error) {
	if len(data) > maxBytes {
		return nil, unreadable(nil, "Split it.", "The file has %d bytes; more than %d are not read.", len(data), maxBytes)
	}
	if !utf8.Valid(data) {
		return nil, unreadable(nil, "Save it as UTF-8.", "The file is not UTF-8 text.")
	}
	if lfsPointer.Match(data) {
		return nil, unreadable(nil, "Keep manifests in git itself: take the file out of .gitattributes and commit it again.",
			"The file is a pointer of Git LFS: what it says is not in the repository.")
	}
	if countIndicators(data) > maxIndicators || bytes.Count(data, []byte("%TAG")) > maxDirectives {
		return nil, unreadable(nil, "Split it.", "The file has too many values to be read.")
	}
	docs, err := parse(data)
	if err != nil {
		if bytes.Contains(data, []byte("{{")) {
			return nil, templated(1, err)
		}
		return nil, unreadable(err, "Correct it.", "The file is not valid YAML%s.", lineOf(err))
	}
	for _, doc := range docs {
		if line := templateLine(doc); line > 0 {
			return nil, templated(line, nil)
		}
	}
	return &file{data: data, docs: docs, lines: lineStarts(data), json: isJSON(data)}, nil
}

// parse returns the documents of data, each string with its meaning.
func parse(data []byte) ([]*yaml.Node, error) {
	text, replaced := data, false
	if isJSON(data) {
		text, replaced = standIn(data)
	}
	docs, err := decode(text)
	if replaced && err == nil {
		for _, doc := range docs {
			meanings(doc, data) // there is one
		}
	}
	return docs, err
}

// decode returns the documents of data as YAML. Decoding into nodes expands no alias, so
// the size of the result is bounded by the size of data.
func decode(data []byte) (docs []*yaml.Node, err error) {
	// The library reports faults of its own by panicking. Manifests come from
	// outside: one strange file must not take the process with it.
	defer func() {
		if fault := recover(); fault != nil {
			docs, err = nil, fmt.Errorf("parse: %v", fault)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		doc := new(yaml.Node)
		if err := decoder.Decode(doc); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
}

// lfsPointer matches the file that git has in place of one which Git LFS keeps.
var lfsPointer = regexp.MustCompile(`^version https://git-lfs\.github\.com/spec/v\d+\r?\n(?:[a-z0-9.-]+ [^\r\n]*\r?\n)*oid sha256:`)

func countIndicators(data []byte) int {
	n := 0
	for _, c := range data {
		switch c {
		case '\n', '\r', ',', ':', '-', '?', '[', '{':
			n++
		}
	}
	return n
}

func unreadable(cause error, next, format string, args ...any) *gitops.Error {
	return &gitops.Error{Code: gitops.Unsafe, Message: fmt.Sprintf(format, args...), Next: next, Err: cause}
}

func templated(line int, cause error) *gitops.Error {
	return unreadable(cause, "Keep the version in a values file and name that one.",
		"The file is a template ({{ … }}, from line %d on): what it says is known only once it is rendered.", line)
}

var errorLine = regexp.MustCompile(`line [0-9]+`)

// lineOf returns " near line n" where the parser says so.
func lineOf(err error) string {
	if line := errorLine.FindString(err.Error()); line != "" {
		return " near " + line
	}
	return ""
}

// templateAction matches the actions that make lines of a file come and go.
// Elsewhere than in comments they do not parse as YAML.
var templateAction = regexp.MustCompile(`\{\{-?\s*(if|else|end|range|with|define|block|template|include)\b`)

// templateLine returns the first line on which n shows that the file is the
// source of a text template, 0 if none does. A mere {{ in a string shows
// nothing: Helm values and ApplicationSets have them, and they are plain YAML.
func templateLine(n *yaml.Node) int {
	for _, comment := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		if strings.Contains(comment, "{{") && templateAction.MatchString(comment) {
			return n.Line
		}
	}
	// Unquoted, {{ .Values.x }} is a map whose key is a map.
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 {
		if key := n.Content[0]; key.Kind == yaml.MappingNode && key.Line == n.Line && key.Column == n.Column+1 {
			return n.Line
		}
	}
	for _, child := range n.Content {
		if line := templateLine(child); line > 0 {
			return line
		}
	}
	return 0
}
