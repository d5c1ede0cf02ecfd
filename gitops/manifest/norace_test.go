//go:build !race

package manifest

const raceFactor = 1
