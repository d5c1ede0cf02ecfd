//go:build race

package manifest

// raceFactor is how many times more is allocated when the race detector looks on.
const raceFactor = 6
