package catalog

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	_ "time/tzdata" // the zones of the samples, wherever the tests run

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// good is a small catalogue without a problem; tests break one line of it.
const good = `version: 1
environments:
  - {name: dev, cluster: one, namespace: "{app}-{env}"}
  - {name: prod, protected: true, justification: required}
layouts:
  - path: apps/{app}/{env}
    versions: [{kustomize: {file: kustomization.yaml, image: "ghcr.io/acme/{app}"}}]
    argocd: {application: "{app}-{env}", project: default}
people:
  ada: {name: Ada Berger, email: ada@acme.example, slack: U0ADA, github: ada-b, timezone: Europe/Berlin}
  grace: {name: Grace Adeyemi, email: grace@acme.example, slack: U0GRACE}
  ruth: {name: Ruth Kowalski, email: ruth@acme.example}
groups:
  leads: [grace, ruth]
access:
  - {name: all, who: ["*"], may: ["*"], applications: ["*"], environments: ["*"]}
approvals:
  - {name: lower, environments: [dev], auto: true}
  - {name: prod, environments: [prod], require: [{group: leads, count: 1}]}
owners: {room: C0OWNERS}
`

// apps is a tree with one file for each path.
func apps(paths ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for _, p := range paths {
		files[p] = &fstest.MapFile{}
	}
	return files
}

// onlyCart is the least tree that the good catalogue is at peace with.
func onlyCart() fstest.MapFS {
	return apps("apps/cart/dev/kustomization.yaml", "apps/cart/prod/kustomization.yaml")
}

// check reads a catalogue over a tree.
func check(t *testing.T, text string, tree fstest.MapFS) (*gitops.Catalog, Problems) {
	t.Helper()
	tree[File] = &fstest.MapFile{Data: []byte(text)}
	c, problems, err := New("acme/gitops", Files(tree)).Check(t.Context(), "c0ffee")
	if err != nil {
		t.Fatal(err)
	}
	return c, problems
}

// texts are the problems as people see them.
func texts(problems Problems) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

func TestAGoodCatalogueIsReadWhole(t *testing.T) {
	c, problems := check(t, good, onlyCart())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	target := func(environment string) gitops.Target {
		return gitops.Target{
			TargetRef: gitops.TargetRef{Repository: "acme/gitops", Application: "cart", Environment: environment},
			Directory: "apps/cart/" + environment,
			Places:    []gitops.Place{{Shape: gitops.ShapeKustomize, File: "apps/cart/" + environment + "/kustomization.yaml", Image: "ghcr.io/acme/cart"}},
			Argo:      gitops.ArgoApp{Project: "default", Name: "cart-" + environment},
		}
	}
	want := &gitops.Catalog{
		Repository: "acme/gitops",
		Commit:     "c0ffee",
		Environments: []gitops.Environment{
			{Name: "dev", Cluster: "one", Namespace: "{app}-dev"},
			{Name: "prod", Protected: true, NeedsJustification: true},
		},
		Targets: []gitops.Target{target("dev"), target("prod")},
		People: []gitops.Person{
			{ID: "ada", Name: "Ada Berger", Email: "ada@acme.example", Slack: "U0ADA", GitHub: "ada-b", TimeZone: "Europe/Berlin"},
			{ID: "grace", Name: "Grace Adeyemi", Email: "grace@acme.example", Slack: "U0GRACE"},
			{ID: "ruth", Name: "Ruth Kowalski", Email: "ruth@acme.example"},
		},
		Groups: []gitops.Group{{Name: "leads", Members: []string{"grace", "ruth"}}},
		Grants: []gitops.Grant{{
			Name: "all", Subjects: []string{"*"}, Actions: []string{"*"}, Applications: []string{"*"}, Environments: []string{"*"},
		}},
		Approvals: []gitops.ApprovalRule{
			{Name: "lower", Environments: []string{"dev"}, Auto: true},
			{Name: "prod", Environments: []string{"prod"}, Require: []gitops.Requirement{{Group: "leads", Count: 1}}},
		},
		Owners: gitops.Owners{Room: "C0OWNERS"},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

// A breakage replaces a part of the good catalogue, and says what is answered.
type breakage struct {
	name     string
	old, new string
	want     []string // the beginnings of what is answered, all of it
}

func (b breakage) run(t *testing.T) {
	text := strings.Replace(good, b.old, b.new, 1)
	if text == good {
		t.Fatalf("the good catalogue has no %q", b.old)
	}
	c, problems := check(t, text, onlyCart())
	got := texts(problems)
	if !slices.EqualFunc(got, b.want, strings.HasPrefix) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(b.want, "\n"))
	}
	if refused := len(problems.refusing()) > 0; refused != (c == nil) {
		t.Errorf("catalogue is nil: %v, problems that refuse it: %v", c == nil, refused)
	}
}

func TestWhatHasTheWrongFormIsSaidWithItsPlace(t *testing.T) {
	for _, b := range []breakage{
		{"an unknown key gets the one that was meant", "owners: {room", "owners: {rom",
			[]string{
				`.changebot.yaml:20:9: owners: The key "room" is missing. The id of a Slack channel.`,
				`.changebot.yaml:20:10: owners.rom: "rom" is not a key that is known here. Did you mean "room"?`,
			}},
		{"a section that is missing", "owners: {room: C0OWNERS}\n", "",
			[]string{`.changebot.yaml:1:1: The key "owners" is missing. Who is told when this file is broken, and who lets a change of it pass.`}},
		{"a number where a name belongs", "{name: prod, prot", "{name: 1.10, prot",
			[]string{`.changebot.yaml:4:12: environments[1].name: This must be text, and it is a number. Write it in quotes: "1.10".`}},
		{"a word where true or false belongs", "protected: true", "protected: certainly",
			[]string{`.changebot.yaml:4:29: environments[1].protected: This must be true or false, and it is text.`}},
		{"capitals in a name", "{name: dev,", "{name: Dev,",
			[]string{`.changebot.yaml:3:12: environments[0].name: "Dev" cannot stand here. A name has lower-case`}},
		{"an action that nobody knows", `may: ["*"]`, `may: [promot]`,
			[]string{`.changebot.yaml:16:35: access[0].may[0]: "promot" is not a word that is known here. Did you mean "promote"?`}},
		{"a pattern that is none", `applications: ["*"]`, `applications: ["pay*"]`,
			[]string{`.changebot.yaml:16:56: access[0].applications[0]: "pay*" cannot stand here. A name has lower-case letters, digits and hyphens; "*" alone`}},
		{"an empty list of applications", `applications: ["*"]`, `applications: []`,
			[]string{`.changebot.yaml:16:55: access[0].applications: This is empty. A list of names, or ["*"] for all.`}},
		{"nobody is required", "count: 1", "count: 0",
			[]string{`.changebot.yaml:19:72: approvals[1].require[0].count: This must be at least 1.`}},
		{"a name of a group with a slash", "leads: [grace", "a/b: [grace",
			[]string{`.changebot.yaml:14:3: groups.a/b: "a/b" is not a name that can stand here. A name has`}},
		{"a token in clear", "github: ada-b", "token_sha256: hunter2",
			[]string{`.changebot.yaml:10:80: people.ada.token_sha256: "hunter2" cannot stand here. The SHA-256 of`}},
		{"angle brackets in a name break trailers", "Ada Berger", "Ada <Berger>",
			[]string{`.changebot.yaml:10:15: people.ada.name: "Ada <Berger>" cannot stand here. One line of text`}},
		{"two shapes in one version", "versions: [{kustomize:", "versions: [{helm: {file: a, field: b}, kustomize:",
			[]string{`.changebot.yaml:7:16: layouts[0].versions[0]: There is more than one of them. One place of the version: exactly one of`}},
		{"an alias", "leads: [grace, ruth]", "leads: &x [grace, ruth]\n  all: *x",
			[]string{`.changebot.yaml:15:8: groups.all: Aliases (*name) are not read here. Write the value out.`}},
		{"a key that stands twice", "owners: {room: C0OWNERS}", "owners: {room: C0OWNERS, room: C0OTHERS}",
			[]string{`.changebot.yaml:20:26: owners.room: "room" stands here a second time. The first is on line 20; keep one of them.`}},
		{"a second document", "owners: {room: C0OWNERS}\n", "owners: {room: C0OWNERS}\n---\nowners: {}\n",
			[]string{`.changebot.yaml:21:1: A second document begins here.`}},
		{"no YAML at all", "environments:\n", "environments: [\n",
			[]string{`.changebot.yaml:`}},
		{"another encoding", "Ada Berger", "Ada \xfeBerger",
			[]string{`.changebot.yaml:10:1: The file is not UTF-8 text. Save it as UTF-8.`}},
		{"a version of the future", "version: 1", "version: 2",
			[]string{`.changebot.yaml:1:10: version: This must be 1. The version of this file's form.`}},
	} {
		t.Run(b.name, b.run)
	}
}

func TestWhatMakesNoSenseIsSaidWithItsPlace(t *testing.T) {
	for _, b := range []breakage{
		{"an environment twice", "{name: prod, prot", "{name: dev, prot",
			[]string{
				`.changebot.yaml:4:12: environments[1].name: The name "dev" is taken. Line 3 has it already; choose another one.`,
			}},
		{"a person in a group who is not there", "[grace, ruth]", "[grace, rut]",
			[]string{`.changebot.yaml:14:18: groups.leads[1]: "rut" is not a person of this file. Did you mean "ruth"?`}},
		{"a group of nobody's", "group: leads", "group: lead",
			[]string{`.changebot.yaml:19:58: approvals[1].require[0].group: "lead" is not a group of this file. Did you mean "leads"?`}},
		{"a subject that is nobody", `who: ["*"]`, `who: [everybody]`,
			[]string{`.changebot.yaml:16:23: access[0].who[0]: "everybody" is not a person or a group of this file. There are ada, grace, ruth and leads.`}},
		{"an environment that is nowhere", "environments: [dev], auto", "environments: [qa], auto",
			[]string{`.changebot.yaml:18:34: approvals[0].environments[0]: "qa" is not an environment of this file. There are dev and prod.`}},
		{"one Slack account of two people", "slack: U0GRACE", "slack: U0ADA",
			[]string{`.changebot.yaml:11:66: people.grace.slack: This account belongs to "ada" already.`}},
		{"one GitHub login of two people in different case", "slack: U0GRACE", "github: ADA-B",
			[]string{`.changebot.yaml:11:67: people.grace.github: This account belongs to "ada" already.`}},
		{"the hash of no token", "slack: U0GRACE", "token_sha256: " + emptyToken,
			[]string{`.changebot.yaml:11:73: people.grace.token_sha256: This is the hash of an empty token.`}},
		{"a time zone that is none", "Europe/Berlin", "Berlin",
			[]string{`.changebot.yaml:10:91: people.ada.timezone: "Berlin" is not a time zone.`}},
		{"a group that is a person too", "leads: [grace, ruth]", "leads: [grace, ruth]\n  ada: [ruth]",
			[]string{`.changebot.yaml:15:8: groups.ada: "ada" is a person too.`}},
		{"all and then some", `environments: ["*"]`, `environments: ["*", dev]`,
			[]string{`.changebot.yaml:16:76: access[0].environments: "*" says all, and others stand beside it.`}},
		{"auto and required", "auto: true", "auto: true, require: [{group: leads, count: 1}]",
			[]string{`.changebot.yaml:18:46: approvals[0].auto: This rule asks for approvals and for none.`}},
		{"neither auto nor required", "auto: true", "auto: false",
			[]string{`.changebot.yaml:18:5: approvals[0]: This rule asks for nobody's approval, and does not say that none is needed.`}},
		{"auto everywhere", "environments: [dev], auto", "auto",
			[]string{`.changebot.yaml:18:5: approvals[0]: This rule needs no approval and names no environments.`}},
		{"more approvals than people", "count: 1", "count: 3",
			[]string{`.changebot.yaml:19:72: approvals[1].require[0].count: 3 must approve, and "leads" has 2.`}},
		{"two rules of one name", "name: lower", "name: prod",
			[]string{`.changebot.yaml:19:12: approvals[1].name: The name "prod" is taken.`}},
		{"several things at once, in the order of the file", "leads: [grace, ruth]\naccess:\n  - {name: all, who: [\"*\"]", "leads: [grace, rut]\naccess:\n  - {name: all, who: [lead, adda]",
			[]string{
				`.changebot.yaml:14:18: groups.leads[1]: "rut" is not a person`,
				`.changebot.yaml:16:23: access[0].who[0]: "lead" is not a person or a group of this file. Did you mean "leads"?`,
				`.changebot.yaml:16:29: access[0].who[1]: "adda" is not a person or a group of this file. Did you mean "ada"?`,
			}},
	} {
		t.Run(b.name, b.run)
	}
}

func TestWhatIsOnlyDoubtfulIsAWarning(t *testing.T) {
	for _, b := range []breakage{
		{"a protected environment that no rule covers", "environments: [prod], require", "environments: [dev], require",
			[]string{
				`.changebot.yaml:4:5: warning: environments[1]: No approval rule covers a promotion in prod of cart: it is denied.`,
				`.changebot.yaml:4:5: warning: environments[1]: No approval rule covers a rollback in prod of cart: it is denied.`,
				`.changebot.yaml:4:5: warning: environments[1]: No approval rule covers lifting a hold in prod of cart: it is denied.`,
			}},
		{"a protected environment that is open", "environments: [dev], auto", "environments: [\"*\"], auto",
			[]string{`.changebot.yaml:4:5: warning: environments[1]: prod is protected, and the approval rule "lower" asks for nobody's approval in it.`}},
		{"an application that is not in the tree", `applications: ["*"]`, `applications: [cart, cat]`,
			[]string{`.changebot.yaml:16:62: warning: access[0].applications[1]: There is no application "cat" in the tree. Did you mean "cart"?`}},
		{"a way in by API that no room is told of", `environments: ["*"]}`, `environments: ["*"], rooms: [C0RELEASES, api]}`,
			[]string{`.changebot.yaml:16:103: warning: access[0].rooms[1]: By API nothing can be asked for in dev and prod: no room is told of it.`}},
		{"some who ask can never be approved", "count: 1", "count: 2",
			[]string{`.changebot.yaml:19:50: warning: approvals[1].require[0]: What grace and ruth may ask for here can never be approved: all 2 of "leads" must`}},
	} {
		t.Run(b.name, b.run)
	}
}

func TestAGroupInWhichAllWhoAskMustApproveIsRefused(t *testing.T) {
	text := strings.Replace(good, `who: ["*"]`, "who: [leads]", 1)
	text = strings.Replace(text, "count: 1", "count: 2", 1)
	_, problems := check(t, text, onlyCart())
	if got := problems.Error(); !strings.Contains(got, `All who may ask are in "leads", and all 2 of it must approve: nobody's request can be.`) {
		t.Error(got)
	}
}
