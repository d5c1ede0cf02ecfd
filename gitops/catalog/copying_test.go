package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestWhatIsCopiedIsReadWithTheNamesOfTheTarget(t *testing.T) {
	c, problems := check(t, withLayouts(`  - path: apps/{app}/{env}
    versions: [{kustomize: {file: kustomization.yaml, image: "r/{app}"}}]
    argocd: {application: "{app}-{env}", project: default}
    copy:
      exclude: ["{env}-*.yaml", "local/**"]
      protect:
        - {file: "**/*.yaml", fields: ["replicas[name={app}].count", 'metadata.annotations["example.com/host"]', "spec.rules[0].host"]}
`), onlyCart())
	if c == nil {
		t.Fatal(texts(problems))
	}
	want := &gitops.Copying{
		Exclude: []string{"dev-*.yaml", "local/**"},
		Protect: []gitops.Protected{{File: "**/*.yaml", Fields: []string{"replicas[name=cart].count", `metadata.annotations["example.com/host"]`, "spec.rules[0].host"}}},
	}
	if diff := cmp.Diff(want, c.Targets[0].Copying); diff != "" {
		t.Error(diff)
	}
}

func TestACopyThatCannotWorkIsRefusedWhereItIsWritten(t *testing.T) {
	const layout = "  - path: apps/{app}/{env}\n" +
		"    versions: [{kustomize: {file: kustomization.yaml, image: \"r/{app}\"}}]\n" +
		"    argocd: {application: \"{app}-{env}\", project: default}\n"
	const shared = "  - path: apps/{app}\n" +
		"    versions: [{helm: {file: \"{env}/kustomization.yaml\", field: tag}}]\n" +
		"    argocd: {application: \"{app}-{env}\", project: default}\n"
	const nested = layout +
		"    copy: {}\n" +
		"  - path: apps/{app}\n" +
		"    application: inner\n" +
		"    versions: [{helm: {file: \"{env}/kustomization.yaml\", field: tag}}]\n" +
		"    argocd: {application: \"inner-{env}\", project: default}\n"
	for _, test := range []struct{ name, layouts, want string }{
		{"one directory for all environments", shared + "    copy: {}\n", `9:11: layouts[0].copy: The environments share the directory "apps/{app}"`},
		{"a glob that leads out", layout + "    copy: {include: [\"../x\"]}\n", `9:22: layouts[0].copy.include[0]: "../x" cannot be used.`},
		{"a glob that cannot be", layout + "    copy: {exclude: [\"a**\"]}\n", `9:22: layouts[0].copy.exclude[0]: "a**" cannot be used. ** stands for directories`},
		{"a field path that cannot be", layout + "    copy: {protect: [{file: \"*\", fields: [\"a..b\"]}]}\n", `9:43: layouts[0].copy.protect[0].fields[0]: "a..b" cannot stand here.`},
		{"a file without fields", layout + "    copy: {protect: [{file: \"*\", fields: []}]}\n", `9:42: layouts[0].copy.protect[0].fields: This is empty.`},
		{"a key that is not known", layout + "    copy: {includes: []}\n", `9:12: layouts[0].copy.includes: "includes" is not a key that is known here. Did you mean "include"?`},
		{"another application's version inside", strings.Replace(nested, "apps/{app}\n    application", "apps/cart\n    application", 1), `9:11: layouts[0].copy: Copying "apps/cart/dev" would take "apps/cart/dev/kustomization.yaml" along, in which the version of inner/dev stands.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, problems := check(t, withLayouts(test.layouts), onlyCart())
			got := texts(problems)
			if c != nil || len(got) == 0 || !strings.HasPrefix(got[0], File+":"+test.want) {
				t.Errorf("got\n%s\nwant first\n%s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

func TestWhereARestartIsWritten(t *testing.T) {
	const head = "  - path: apps/{app}/{env}\n    argocd: {application: \"{app}-{env}\", project: default}\n"
	const container = "    versions: [{container: {file: kustomization.yaml, image: \"r/{app}\"}}]\n"
	const kustomize = "    versions: [{kustomize: {file: kustomization.yaml, image: \"r/{app}\"}}]\n"
	for _, test := range []struct {
		name, layout string
		want         gitops.Restart
		refused      string
	}{
		{"plain manifests say it themselves", head + container, gitops.Restart{File: "apps/cart/dev/kustomization.yaml"}, ""},
		{"a kustomization does not", head + kustomize, gitops.Restart{}, ""},
		{"a patch", head + kustomize + "    restart: {file: restart.yaml, workload: \"{app}\"}\n", gitops.Restart{File: "apps/cart/dev/restart.yaml", Workload: "cart"}, ""},
		{"a value", head + kustomize + "    restart: {file: \"{env}.yaml\", field: \"pods.{app}\"}\n", gitops.Restart{File: "apps/cart/dev/dev.yaml", Field: "pods.cart"}, ""},
		{"a file that leads out", head + kustomize + "    restart: {file: ../x.yaml}\n", gitops.Restart{}, `layouts[0].restart.file: "../x.yaml" cannot be used.`},
		{"both", head + kustomize + "    restart: {file: x.yaml, field: a, workload: b}\n", gitops.Restart{}, `layouts[0].restart.workload: A field is no workload's.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, problems := check(t, withLayouts(test.layout), onlyCart())
			switch text := strings.Join(texts(problems), "\n"); {
			case test.refused != "" && (c != nil || !strings.Contains(text, test.refused)):
				t.Errorf("got %s", text)
			case test.refused == "" && (c == nil || c.Targets[0].Restart != test.want):
				t.Errorf("got %+v\n%s", c, text)
			}
		})
	}
}
