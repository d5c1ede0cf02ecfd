package manifest

import (
	"fmt"
	"regexp"
)

// shortName is a kind or a name that can be said as it is.
var shortName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

// documentName tells a document from the others of its file: "Deployment/cart"
// where no other is called so, else "document 2". It is empty for the only one,
// and for a first one that is no object: there a path is read as it stands.
func (f *file) documentName(doc int) string {
	if f.within != nil {
		return f.within.in.documentName(doc)
	}
	if f.names == nil {
		f.names = f.nameDocuments()
	}
	return f.names[doc]
}

func (f *file) nameDocuments() []string {
	names := make([]string, len(f.docs))
	if len(f.docs) == 1 {
		return names
	}
	called := map[string]int{}
	for _, root := range f.roots() {
		kind, name, err := root.identity()
		if err == nil && shortName.MatchString(kind) && shortName.MatchString(name) {
			names[root.doc] = kind + "/" + name
			called[names[root.doc]]++
		}
	}
	for i, name := range names {
		if called[name] > 1 || name == "" && i > 0 {
			names[i] = fmt.Sprintf("document %d", i+1)
		}
	}
	return names
}
