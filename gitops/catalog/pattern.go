package catalog

import "strings"

// A pattern is a path in which {app} and {env} stand for names. Each of its
// segments leaves at most one of them open once those before it are known, so
// that a path is never to be understood in two ways.
type pattern []string

// parsePattern splits a pattern; known are the names that earlier segments
// have settled. What is wrong with it is said in one sentence.
func parsePattern(text string, known map[string]bool) (p pattern, wrong string) {
	for segment := range strings.SplitSeq(text, "/") {
		switch segment {
		case "", ".", "..", ".git":
			return nil, "A path here is relative, without // and without a slash at its ends; the segments . .. and .git cannot stand in it."
		}
		var open []string
		for _, hole := range []string{"{app}", "{env}"} {
			if !known[hole] && strings.Contains(segment, hole) {
				open = append(open, hole)
			}
		}
		if len(open) > 1 || len(open) == 1 && strings.Count(segment, open[0]) > 1 {
			return nil, "The segment " + quote(segment) + " can be read in more than one way: one of {app} and {env} must be known from the segments before it."
		}
		for _, hole := range open {
			known[hole] = true
		}
		p = append(p, segment)
	}
	return p, ""
}

// names are what {app} and {env} stand for; empty while unknown.
type names struct{ app, env string }

// fill replaces the names that are known, in one pass.
func (n names) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var pairs []string
	if n.app != "" {
		pairs = append(pairs, "{app}", n.app)
	}
	if n.env != "" {
		pairs = append(pairs, "{env}", n.env)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// open returns which name a segment leaves open, and what stands around it.
func (n names) open(segment string) (hole, before, after string) {
	segment = n.fill(segment)
	if before, after, ok := strings.Cut(segment, "{app}"); ok && n.app == "" {
		return "{app}", before, after
	}
	if before, after, ok := strings.Cut(segment, "{env}"); ok && n.env == "" {
		return "{env}", before, after
	}
	return "", segment, ""
}

// with sets a name.
func (n names) with(hole, value string) names {
	if hole == "{app}" {
		n.app = value
	} else {
		n.env = value
	}
	return n
}
