package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"go.yaml.in/yaml/v3"
)

// expanded is about how many bytes a reader makes of YAML who follows every
// alias. It follows none: an alias counts as what it stands for, and a cycle of
// aliases as endless.
func expanded(data []byte) (n int, err error) {
	// The library reports faults of its own by panicking.
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("parse: %v", fault)
		}
	}()
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return 0, err
		}
		n = sum(n, counter{}.count(&doc))
	}
}

// nodeBytes is what a value takes besides its text.
const nodeBytes = 16

// endless is more than any limit; sums stop there.
const endless = math.MaxInt32

// counter holds what is behind each anchor; while it is counted, endless.
type counter map[*yaml.Node]int

func (c counter) count(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		if known, ok := c[n.Alias]; ok {
			return known
		}
		return c.count(n.Alias)
	}
	if n.Anchor != "" {
		c[n] = endless
	}
	total := len(n.Value) + nodeBytes
	for _, child := range n.Content {
		total = sum(total, c.count(child))
	}
	if n.Anchor != "" {
		c[n] = total
	}
	return total
}

func sum(a, b int) int { return min(endless, a+b) }
