package test

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// A rule says what the code of a folder may import besides the standard
// library. Its tests may import more.
type rule struct {
	folder string   // "a" is one package, "a/..." is a and all below it
	own    []string // packages of this module, in the same form
	libs   []string // modules of others; "..." is any
}

// rules are the architecture. The first that matches a folder counts, and each
// folder needs one: a new package is a decision.
func rules() []rule {
	const yaml, schema = "go.yaml.in/yaml/v3", "github.com/santhosh-tekuri/jsonschema/v6"
	everything := []string{"gitops/...", "approvals/...", "notifier/...", "manifests/..."}
	return []rule{
		// The domain: plain values and pure functions.
		{folder: "gitops"},
		{folder: "gitops/sentence", own: []string{"gitops"}},
		{folder: "gitops/pulltext", own: []string{"gitops"}},
		{folder: "gitops/turn", own: []string{"gitops"}},
		{folder: "gitops/crash"},
		{folder: "gitops/batch"},
		{folder: "gitops/filelock"},
		{folder: "gitops/door"}, // every way in from the network passes it
		{folder: "gitops/effect", own: []string{"gitops", "gitops/crash"}},

		// What decides. They never meet: the wiring brings them together.
		{folder: "gitops/workflow", own: []string{"gitops", "gitops/sentence", "gitops/turn", "gitops/pulltext", "gitops/effect", "gitops/crash"}},
		{folder: "approvals", own: []string{"gitops"}},
		{folder: "notifier", own: []string{"gitops", "gitops/effect", "gitops/sentence", "gitops/turn", "gitops/pulltext"}},

		// Adapters: one technology each, behind ports of those above.
		{"gitops/catalog", []string{"gitops"}, []string{yaml, schema}},
		{"gitops/manifest", []string{"gitops", "gitops/workflow"}, []string{yaml, "golang.org/x/sync/semaphore"}}, // for the memory that trees take
		{folder: "gitops/history", own: []string{"gitops", "gitops/crash", "gitops/filelock", "gitops/workflow"}},
		{"gitops/git/indexpack", nil, []string{"github.com/go-git/go-git/v5"}},
		{"gitops/git", []string{"gitops", "gitops/git/indexpack", "gitops/batch", "gitops/crash", "gitops/filelock", "gitops/workflow", "gitops/catalog", "gitops/history", "gitops/pulltext"}, []string{
			"github.com/go-git/go-git/v5", "github.com/go-git/go-billy/v5", "github.com/hiddeco/sshsig", "github.com/skeema/knownhosts", "golang.org/x/crypto"}},
		{"gitops/render", []string{"gitops", "gitops/crash", "gitops/workflow"}, []string{yaml, "sigs.k8s.io/kustomize", "github.com/rogpeppe/go-internal"}},
		{folder: "gitops/api", own: []string{"gitops", "gitops/turn", "gitops/door", "gitops/workflow"}},
		{"gitops/github", []string{"gitops", "gitops/door", "gitops/workflow", "gitops/pulltext"}, []string{
			"github.com/google/go-github/v60", "github.com/bradleyfalzon/ghinstallation/v2"}},
		{"gitops/argocd", []string{"gitops", "gitops/workflow"}, []string{
			"github.com/argoproj/argo-cd/v2", "github.com/argoproj/gitops-engine", "github.com/golang/protobuf", "google.golang.org/grpc", "k8s.io/apimachinery"}},
		{"gitops/store", []string{"gitops", "gitops/batch", "gitops/workflow", "gitops/effect", "gitops/crash", "notifier"}, []string{
			"github.com/jackc/pgx/v5", "modernc.org/sqlite", "github.com/pressly/goose/v3", "github.com/riverqueue/river"}},
		{"gitops/store/storetest", []string{"gitops", "gitops/workflow", "gitops/effect", "notifier", "gitops/store"}, []string{
			"github.com/jackc/pgx/v5", "github.com/google/go-cmp", "go.uber.org/goleak"}},
		{"approvals/rbac", []string{"gitops", "approvals"}, []string{"github.com/casbin/casbin/v2"}},
		{"notifier/slack", []string{"gitops", "gitops/door", "notifier"}, []string{"github.com/slack-go/slack"}},

		// Wiring and tests.
		{"cmd/playground", append(everything, "cmd/changebot/server", "test/..."), []string{"..."}},
		{"cmd/...", append(everything, "cmd/..."), []string{"..."}},
		{folder: "manifests/..."},
		{"test/...", append(everything, "test/..."), []string{"..."}},
	}
}

// pure folders compute: what they need from outside comes in through arguments
// and ports, the clock included.
func pure() []string {
	return []string{"gitops", "gitops/sentence", "gitops/pulltext", "gitops/turn", "gitops/effect", "gitops/workflow", "approvals", "notifier"}
}

// outside are the standard library's ways out of the process.
func outside() []string {
	return []string{"database/sql", "io/ioutil", "net", "net/http", "os", "os/exec", "os/signal", "syscall"}
}

func importOffences(t *tree) []offence {
	var all []offence
	for _, s := range t.sources {
		for _, spec := range s.syntax.Imports {
			what, todo := judge(s, unquoted(spec))
			if what != "" {
				all = append(all, offence{t.at(spec.Pos()), what, todo})
			}
		}
	}
	for folder, sources := range t.folders() {
		code := slices.IndexFunc(sources, func(s source) bool { return !s.isTest() })
		if _, ok := ruleFor(folder); !ok && code >= 0 {
			all = append(all, offence{t.at(sources[code].syntax.Package), "no rule says what " + folder + " may import",
				"add a line to rules in test/imports_test.go"})
		}
	}
	return all
}

// judge says what is wrong with an import in a file, if anything.
func judge(s source, imported string) (what, todo string) {
	own, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case confined(s, imported):
		return imported + " is imported here", "it links 70 MB: only gitops/argocd and test/argocdtest touch it, use their types"
	case ours && among(s.folder(), "test/scenarios", "test/e2e/...") && !among(own, "test/..."):
		return "an end-to-end test imports " + own, "reach changebot by network and assert on what the servers saw"
	case s.isTest():
		return "", ""
	case ours && forTests(own) && !among(s.folder(), "test/...", "cmd/playground", "gitops/store/storetest"):
		return own + " is for tests", "only tests and cmd/playground may import it"
	}
	r, ok := ruleFor(s.folder())
	switch {
	case !ok:
		return "", "" // reported once for the folder
	case ours && !among(own, r.own...):
		return fmt.Sprintf("%s may not import %s", s.folder(), own), "declare a small interface here and let cmd/changebot/server wire it, or move the code"
	case !ours && isModule(imported) && !amongModules(imported, r.libs):
		return fmt.Sprintf("%s may not import %s", s.folder(), imported), "keep each technology in its adapter, or add the module to rules in test/imports_test.go with a reason"
	case slices.Contains(pure(), s.folder()) && slices.Contains(outside(), imported):
		return fmt.Sprintf("%s is pure and imports %s", s.folder(), imported), "take what is needed as an argument or by a port"
	}
	return "", ""
}

// confined holds for an import of Argo CD where it does not belong.
func confined(s source, imported string) bool {
	return strings.HasPrefix(imported, "github.com/argoproj/") && !among(s.folder(), "gitops/argocd", "test/argocdtest")
}

// forTests holds for packages that exist for tests.
func forTests(own string) bool {
	return among(own, "test/...") || strings.HasSuffix(own, "test")
}

func ruleFor(folder string) (rule, bool) {
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return among(folder, r.folder) })
	if i < 0 {
		return rule{}, false
	}
	return all[i], true
}

// among holds if a folder is one of the patterns, "a" or "a/...".
func among(folder string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		root, deep := strings.CutSuffix(p, "/...")
		return folder == root || deep && strings.HasPrefix(folder, root+"/")
	})
}

func amongModules(imported string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool {
		return m == "..." || imported == m || strings.HasPrefix(imported, m+"/")
	})
}

// isModule holds for what is not of the standard library: its first part is a
// host name.
func isModule(imported string) bool {
	host, _, _ := strings.Cut(imported, "/")
	return strings.Contains(host, ".")
}

// importedAs is the name by which a file calls a package it imports.
func importedAs(file *ast.File, name string) (imported string, ok bool) {
	for _, spec := range file.Imports {
		p := unquoted(spec)
		local := lastName(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == name {
			return p, true
		}
	}
	return "", false
}

// lastName guesses a package's name from its path, which ends in a version or
// not.
func lastName(imported string) string {
	parts := strings.Split(imported, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		return parts[len(parts)-2]
	}
	return last
}
