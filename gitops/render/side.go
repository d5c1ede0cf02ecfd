package render

import (
	"path"

	"github.com/changebot/changebot/gitops"
)

// A side is the repository before a change or after it, as the building process
// sees it. It counts what is taken from it, and keeps it.
type side struct {
	ask   func(question) (answer, error)
	after bool

	taken    map[string][]byte // what is built from
	bytes    int
	weighed  map[string]bool // of those, what was parsed
	expanded int
}

// read returns a file. Its error has a gitops.Code where the repository has none
// there.
func (s *side) read(name string) ([]byte, error) {
	a, err := s.asked(question{Path: name})
	return a.Data, err
}

// names are the files of a directory, sorted.
func (s *side) names(dir string) ([]string, error) {
	a, err := s.asked(question{Path: dir, Names: true})
	return a.Names, err
}

func (s *side) asked(q question) (answer, error) {
	q.After = s.after
	a, err := s.ask(q)
	if err == nil && a.Code != "" {
		err = &gitops.Error{Code: a.Code, Message: q.Path}
	}
	return a, err
}

// take reads a file and keeps it for the build.
func (s *side) take(name string) ([]byte, error) {
	if data, ok := s.taken[name]; ok {
		return data, nil
	}
	data, err := s.read(name)
	if err != nil {
		return nil, err
	}
	s.bytes += len(data)
	if len(s.taken) == maxFiles || s.bytes > maxInput {
		return nil, refuse("It is built from more than %d files or %d MB.", maxFiles, maxInput>>20)
	}
	if s.taken == nil {
		s.taken = map[string][]byte{}
	}
	s.taken[name] = data
	return data, nil
}

// takeYAML is take for a file that is going to be parsed.
func (s *side) takeYAML(name string) ([]byte, error) {
	data, err := s.take(name)
	if err != nil || s.weighed[name] {
		return data, err
	}
	n, err := expanded(data)
	if err != nil {
		return nil, refuse("%s is not YAML that can be read.", quote(name))
	}
	if s.expanded = sum(s.expanded, n); s.expanded > maxExpanded {
		return nil, refuse("%s is too much, its aliases followed.", quote(name))
	}
	if s.weighed == nil {
		s.weighed = map[string]bool{}
	}
	s.weighed[name] = true
	return data, nil
}

// first returns the first of some names that a directory has as a file; empty
// where it has none.
func (s *side) first(dir string, names ...string) (string, error) {
	for _, name := range names {
		_, err := s.read(path.Join(dir, name))
		switch gitops.CodeOf(err) {
		case "":
			return name, nil
		case gitops.NotFound, gitops.Invalid:
		default:
			return "", unreadable(path.Join(dir, name), err)
		}
	}
	return "", nil
}
