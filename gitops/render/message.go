package render

import "github.com/changebot/changebot/gitops"

// The two processes speak JSON, one value after the other. The building process
// gets an order, asks for what it needs to know of the repository, question by
// question, and ends with its outcome.

// An order is for one Target.
type order struct {
	// Directories are where a kustomization may stand, the Target's own first.
	Directories []string

	// Before and After are objects that somebody else has rendered. Where there
	// are any, they are compared and nothing is built.
	Before, After []string
}

// A message is a question of the building process, or its last word.
type message struct {
	Question *question
	Outcome  *outcome
}

// A question is for one file, or for the names of the files in a directory.
type question struct {
	After bool // the change
	Names bool
	Path  string
}

// An answer is what stands there. Code says why nothing does.
type answer struct {
	Data  []byte
	Names []string
	Code  gitops.Code
}

// An outcome is what a Target renders to differently, or in Refused, as a
// sentence, why that is not known.
type outcome struct {
	From      string
	Resources []gitops.RenderedResource
	Left      int
	Refused   string
}

// mostMessage bounds what is read of one message, in bytes. An outcome has not
// more than maxKept of diffs, escaped, and the names of mostResources.
const mostMessage = 4 << 20
