package render

import "time"

// What one render may take. Real overlays stay far below: a large one has a
// hundred files and half a megabyte.
const (
	maxFiles      = 1000      // that one side of a target is built from
	maxInput      = 4 << 20   // bytes of them together
	maxDepth      = 20        // kustomizations that stand on each other
	maxVisits     = 200       // kustomizations that are read, each as often as it is named
	maxExpanded   = 32 << 20  // about the bytes of one side's YAML with all aliases followed
	maxOutput     = 8 << 20   // bytes that are built of one side
	maxMemory     = 256 << 20 // of the process that builds
	maxTargetTime = 10 * time.Second
	maxTime       = 20 * time.Second // of all targets together
	maxAskTime    = 10 * time.Second // of all that Argo CD is asked: nobody's rollback waits for it
)

// What is kept of the result.
const (
	mostResources = 200      // of one target
	maxDiff       = 16 << 10 // bytes of one resource's diff
	maxKept       = 64 << 10 // bytes of the diffs of all targets together
	maxLine       = 300      // characters of one line
)
