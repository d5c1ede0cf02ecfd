package history

import (
	"reflect"
	"slices"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// One content may hold the versions of many places: the objects of a bundle,
// the elements of an ApplicationSet, the charts of a list.
func TestPlacesThatDifferInAnythingButTheFileAreReadApart(t *testing.T) {
	same := fieldOf(gitops.Place{File: "a"})
	if same != fieldOf(gitops.Place{File: "b"}) {
		t.Error("the same content in another file is read again")
	}
	for i := range reflect.TypeFor[gitops.Place]().NumField() {
		name := reflect.TypeFor[gitops.Place]().Field(i).Name
		if name == "File" {
			continue
		}
		var p gitops.Place
		reflect.ValueOf(&p).Elem().Field(i).SetString("x")
		f := fieldOf(p)
		if f == same {
			t.Errorf("places that differ in %s are taken for one", name)
		}
		texts := f.texts()
		if !slices.ContainsFunc(texts, func(s *string) bool { return *s == "x" }) {
			t.Errorf("%s is not put on disk", name)
		}
	}
}
