package world

import (
	"fmt"
	"testing/fstest"
)

// A release is one tag of a source repository and the commits that lead to it.
type release struct {
	tag     string
	commits []string // messages, oldest first
}

// sources are the repositories that two of the sample's applications are built
// from; the others' are not there, as happens.
func sources() map[string][]release {
	return map[string][]release{
		"checkout": {
			{"v1.41.0", []string{"Begin"}},
			{"v1.42.3", []string{
				"Round totals half to even (#212)",
				"Merge pull request #214 from acme/retry-payments\n\nRetry a payment that timed out",
				"Log which basket was empty",
			}},
			{"v1.43.0", []string{"Show the delivery date (#219)", "Remove the old basket (#220)"}},
		},
		"search": {
			{"v8.0.4", []string{"Begin"}},
			{"v8.1.0", []string{"Rank what is in stock first (#77)", "Index umlauts as people type them (#78)"}},
			{"v8.2.0", []string{"Suggest while typing (#80)"}},
		},
	}
}

// addSources makes the source repositories with their tags.
func (w *World) addSources() error {
	for name, releases := range sources() {
		repository := Owner + "/" + name
		if err := w.GitHub.CreateRepo(Owner, name, fstest.MapFS{"README.md": {Data: []byte("# " + name + "\n")}}, Branch); err != nil {
			return fmt.Errorf("create %s: %w", repository, err)
		}
		n := 0
		for _, r := range releases {
			head := ""
			for _, message := range r.commits {
				n++
				var err error
				files := map[string]string{"CHANGES": fmt.Sprintf("%d\n", n)}
				if head, err = w.GitHub.Push(repository, Branch, "ada-berger", files, message); err != nil {
					return fmt.Errorf("commit to %s: %w", repository, err)
				}
			}
			if err := w.GitHub.Tag(repository, r.tag, head, "ada-berger"); err != nil {
				return fmt.Errorf("tag %s of %s: %w", r.tag, repository, err)
			}
		}
	}
	return nil
}
