package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// onDisk opens an index that has nothing but a file.
func onDisk(t *testing.T, file string) *Index {
	t.Helper()
	x := Open(Options{Repository: "acme/gitops", File: file})
	t.Cleanup(func() { x.Close() })
	return x
}

// add takes in commits of one line, from the n-th on, each with a file of its own.
func add(x *Index, who string, from, n int) {
	for i := from; i < from+n; i++ {
		c := Commit{Hash: fmt.Sprintf("%040x", i+1), Author: who, Title: fmt.Sprintf("%s %d", who, i)}
		if i > 0 {
			c.Parents = []string{fmt.Sprintf("%040x", i)}
		}
		c.Changes = []Change{{Path: fmt.Sprintf("%s/%d", who, i), Hash: fmt.Sprintf("%040x", 1000+i)}, {Path: "all", Hash: fmt.Sprintf("%040x", 2000+i)}}
		x.readings.put(id{byte(i)}, field{Field: who}, gitops.Version{Tag: who}, true)
		x.disk.reading(id{byte(i)}, field{Field: who}, gitops.Version{Tag: who})
		x.take([]Commit{c})
	}
}

// known is what an index knows, a line for each commit.
func known(x *Index) (lines []string) {
	of := map[uint32][]string{}
	for path, events := range x.graph.paths {
		for _, e := range events {
			of[e.node] = append(of[e.node], path+" "+e.blob.String())
		}
	}
	for i, n := range x.graph.nodes {
		changes := of[uint32(i)]
		slices.Sort(changes)
		v, _, _ := x.readings.get(id{byte(i)}, field{Field: n.author})
		lines = append(lines, fmt.Sprint(n.id, n.parents, n.author, n.title, n.boundary, changes, v))
	}
	return lines
}

func TestWhatADamagedFileHoldsIsUsedUpToTheDamage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.history")
	x := onDisk(t, file)
	add(x, "ada", 0, 6)
	want := known(x)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{
		"whole":                    whole,
		"a disk that never wrote":  append(bytes.Clone(whole), make([]byte, 3000)...),
		"something else behind it": append(bytes.Clone(whole), "whatever comes after a crash"...),
		"the end twice":            append(bytes.Clone(whole), whole[len(whole)-200:]...),
		"all of it twice":          append(bytes.Clone(whole), whole...),
		"nothing":                  nil,
	}
	for i := range whole {
		damages[fmt.Sprintf("cut off at %d", i)] = whole[:i]
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		damages[fmt.Sprintf("another bit at %d", i)] = flipped
	}
	for name, data := range damages {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		x := onDisk(t, file)
		got := known(x)
		if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("%s: it knows\n%s", name, strings.Join(got, "\n"))
		}
		if bytes.HasPrefix(data, whole) && len(got) != len(want) {
			t.Errorf("%s: of %d commits it knows %d", name, len(want), len(got))
		}
		add(x, "ada", len(got), 6-len(got)) // it goes on from there
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		x = onDisk(t, file)
		if again := known(x); !slices.Equal(again, want) {
			t.Fatalf("%s: after another start it knows\n%s", name, strings.Join(again, "\n"))
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFileOfAnotherRepositoryIsDropped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.history")
	x := onDisk(t, file)
	add(x, "ada", 0, 3)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	other := Open(Options{Repository: "acme/other", File: file})
	t.Cleanup(func() { other.Close() })
	if got := known(other); len(got) != 0 {
		t.Errorf("it knows\n%s", strings.Join(got, "\n"))
	}
}
