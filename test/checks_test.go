package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A sample is a file that offends a check, or does not.
type sample struct {
	name, check string
	path, text  string
	want        string // a part of the offence; empty if there is none
}

func (s sample) try(t *testing.T) {
	read, err := readTree(fstest.MapFS{s.path: {Data: []byte("package a\n" + s.text)}})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(checks()[s.check](read))
	if s.want == "" && got != "[]" || !strings.Contains(got, s.want) {
		t.Errorf("offences: %s\nwant one with %q", got, s.want)
	}
}

func TestImportsThatOffend(t *testing.T) {
	const imports = "packages import only what the architecture allows"
	for _, s := range []sample{
		{"the domain may not import a library", imports, "gitops/x.go", `import _ "github.com/google/go-cmp/cmp"`, "gitops/x.go:2: gitops may not import github.com/google/go-cmp/cmp"},
		{"its tests may", imports, "gitops/x_test.go", `import _ "github.com/google/go-cmp/cmp"`, ""},
		{"the domain does no input or output", imports, "gitops/x.go", `import _ "net/http"`, "gitops is pure and imports net/http"},
		{"an adapter may not import another", imports, "gitops/git/x.go", `import _ "` + module + `/gitops/github"`, "gitops/git may not import gitops/github"},
		{"an adapter imports its port", imports, "gitops/git/x.go", `import _ "` + module + `/gitops/workflow"`, ""},
		{"the workflow does not know the notifier", imports, "gitops/workflow/x.go", `import _ "` + module + `/notifier"`, "may not import notifier"},
		{"a module is not taken for its prefix", imports, "approvals/rbac/x.go", `import _ "github.com/casbin/casbin/v22"`, "may not import github.com/casbin/casbin/v22"},
		{"only its adapter imports Argo CD", imports, "cmd/changebot/x.go", `import _ "github.com/argoproj/argo-cd/v2/common"`, "links 70 MB"},
		{"also in tests", imports, "cmd/changebot/x_test.go", `import _ "github.com/argoproj/argo-cd/v2/common"`, "links 70 MB"},
		{"what runs does not import what tests", imports, "cmd/changebot/x.go", `import _ "` + module + `/test/slacktest"`, "is for tests"},
		{"nor a suite beside an adapter", imports, "cmd/changebot/x.go", `import _ "` + module + `/gitops/store/storetest"`, "is for tests"},
		{"the playground may", imports, "cmd/playground/x.go", `import _ "` + module + `/test/slacktest"`, ""},
		{"nobody imports a command", imports, "gitops/horoscope/x.go", `import _ "` + module + `/cmd/changebot/server"`, "no rule says what gitops/horoscope may import"},
		{"a scenario stays outside of the program", imports, "test/scenarios/x_test.go", `import _ "` + module + `/gitops/store"`, "an end-to-end test imports gitops/store"},
	} {
		t.Run(s.name, s.try)
	}
}

func TestLogLinesThatOffend(t *testing.T) {
	const messages = "a message in the log is always the same"
	for _, s := range []sample{
		{"put together by hand", messages, "a/x.go", `func f() { s.log.Warn("merge " + id, "error", err) }`, "put together"},
		{"put together by a call, with a context", messages, "a/x.go", `func f() { Log.ErrorContext(ctx, err.Error()) }`, "put together"},
		{"written out", messages, "a/x.go", `func f() { log.InfoContext(ctx, "merge", "change", id) }`, ""},
		{"no log", messages, "a/x.go", `func f() { errors.Error(x) }`, ""},
	} {
		t.Run(s.name, s.try)
	}
}

func TestSizesAndNamesThatOffend(t *testing.T) {
	const interfaces = "an interface has at most five methods"
	for _, s := range []sample{
		{"a line too many", "a file has at most 500 lines", "a/x.go", strings.Repeat("\n", maxFile), "the file has 501 lines of at most 500"},
		{"a function too long", "a function fits a screen", "a/x.go", "func (t *T) F() {" + strings.Repeat("\n", maxFunction) + "}", "T.F has 61 lines of at most 60"},
		{"wiring may be longer", "a function fits a screen", "cmd/playground/x.go", "func F() {" + strings.Repeat("\n", maxFunction) + "}", ""},
		{"a function value counts as one", "a function fits a screen", "a/x.go", "var f = func() {" + strings.Repeat("\n", maxFunction) + "}", "has 61 lines"},
		{"an init", "nothing happens before main", "a/x.go", "func init() {}", "a/x.go:2: init runs unasked"},
		{"a method called init is none", "nothing happens before main", "a/x.go", "func (T) init() {}", ""},
		{"a package without a comment", "every package says what it is for", "a/x.go", "", "the package a has no comment"},
		{"a grab bag", "no name says helper or util", "a/string_utils.go", "", "a name says utils"},

		{"six methods", interfaces, "a/x.go", "type I interface { A(); B(); C(); D(); E(); F() }", "6 methods"},
		{"an embedded interface counts", interfaces, "a/x.go", "type J interface { A(); B(); C() }\ntype I interface { J; D(); E(); F() }", "a/x.go:3: the interface has 6 methods"},
		{"one of the standard library too", interfaces, "a/x.go", "import \"io\"\ntype I interface { io.ReadWriteCloser; A(); B(); C() }", "6 methods"},
		{"what comes twice counts once", interfaces, "a/x.go", "import \"io\"\ntype I interface { io.ReadCloser; io.WriteCloser; A(); B() }", ""},
		{"a constraint has no methods", interfaces, "a/x.go", "type N interface { ~int | ~string }", ""},
	} {
		t.Run(s.name, s.try)
	}
}

func TestVariablesThatOffend(t *testing.T) {
	const variables = changing
	for _, s := range []sample{
		{"a map", variables, "a/x.go", `var m = map[string]int{}`, "m is a map"},
		{"a named slice", variables, "a/x.go", "type list []int\nvar l = list{1}", "l is a slice"},
		{"a pointer", variables, "a/x.go", `var p = &T{}`, "p is a pointer"},
		{"a made map", variables, "a/x.go", `var m = make(map[string]int)`, "the result of make"},
		{"a mutex", variables, "a/x.go", `var mu sync.Mutex`, "there to be changed"},
		{"an embedded slice", variables, "a/x.go", "//go:embed x.html\nvar x []byte", "embed it as a string"},
		{"an embedded string", variables, "a/x.go", "//go:embed x.html\nvar x string", ""},
		{"an error value", variables, "a/x.go", `var ErrGone = errors.New("gone")`, ""},
		{"a compiled expression", variables, "a/x.go", "var x = regexp.MustCompile(`a`)", ""},
		{"an array", variables, "a/x.go", `var x = [...]string{"a"}`, ""},
		{"an array of slices", variables, "a/x.go", `var x = [...][]string{{"a"}}`, "x is a slice"},
		{"an assertion", variables, "a/x.go", `var _ I = (*T)(nil)`, ""},
		{"an assignment", variables, "a/x.go", "var n = 1\nfunc f() { n = 2 }", "a/x.go:3: the package variable n is changed here"},
		{"to a local of that name", variables, "a/x.go", "var n = 1\nfunc f() { n := 1; n = 2; _ = n }", ""},
		{"to a part", variables, "a/x.go", "var a = [1]int{1}\nfunc f() { a[0] = 2 }", "a is changed here"},
		{"counting up", variables, "a/x.go", "var n = 1\nfunc f() { n++ }", "n is changed here"},
		{"taking the address", variables, "a/x.go", "var n = 1\nfunc f() *int { return &n }", "n is changed here"},
		{"of another package", variables, "a/x.go", "import \"time\"\nfunc f() { time.Local = nil }", "Local is changed here"},
	} {
		t.Run(s.name, s.try)
	}
}

func TestWhatNobodyWroteIsNotMeasured(t *testing.T) {
	long := strings.Repeat("\n", maxFile+1)
	read, err := readTree(fstest.MapFS{
		"a/testdata/x.go":         {Data: []byte("not Go at all")},
		"a/z.go":                  {Data: []byte("// Code generated by a machine. DO NOT EDIT.\n\npackage a" + long)},
		"web/node_modules/x/x.js": {Data: []byte(long)},
		"other/go.mod":            {Data: []byte("module other")},
		"other/x.go":              {Data: []byte("package other" + long)},
		"a/x.js":                  {Data: []byte(long)},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fileOffences(read)
	if len(got) != 1 || !strings.HasPrefix(got[0].at, "a/x.js:") {
		t.Errorf("offences: %v; want one, of a/x.js", got)
	}
}

func TestAnExcuseThatNothingNeedsIsAnOffence(t *testing.T) {
	stale := excuse{"a/x.go", "gone", "it was so once"}
	needed := excuse{"a/y.go", "still", "it is so"}
	got := unexcused([]offence{{"a/y.go:3", "the package variable still is a map", "…"}}, []excuse{stale, needed})
	if !slices.Equal(got, []offence{{"a/x.go:1", "nothing is wrong with gone any more", "delete its excuse in test/tree_test.go"}}) {
		t.Errorf("offences: %v", got)
	}
}
