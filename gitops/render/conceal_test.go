package render

import (
	"strings"
	"testing"
)

// secrets are where what nobody shall read may stand; each holds hunter1 and,
// after the change, hunter2.
func secrets() map[string]string {
	return map[string]string{
		"data":                  "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: hunterN}\n",
		"stringData":            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunterN}\n",
		"a list of Secrets":     "apiVersion: v1\nkind: SecretList\nitems: [{metadata: {name: a}, data: {password: hunterN}}]\n",
		"a list":                "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {password: hunterN}}]\n",
		"the annotation":        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"password\":\"hunterN\"}}'}}\n",
		"one of something else": "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"password\":\"hunterN\"}'}}\n",
		"another's annotation":  "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {reflector.example/copy-of: hunterN}}\n",
		"kapp's annotation":     "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {kapp.k14s.io/original: '{\"password\":\"hunterN\"}'}}\n",
		"a patched list":        "apiVersion: v1\nkind: List\nitems: [{kind: Service, metadata: {name: b}}, {kind: List, items: [{kind: Secret, metadata: {name: a}, data: {password: hunterN}}]}]\n",
		"a template of one":     "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {target: {template: {data: {password: hunterN}}}}\n",
		"data that is no map":   "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: [hunterN]\n",
		"keys that are numbers": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {1: hunterN}\n",
		"a kind in odd letters": "apiVersion: v1\nkind: SECRET\nmetadata: {name: a}\ndata: {password: hunterN}\n",
		"a Secret in an object": "apiVersion: acme.example/v1\nkind: Bundle\nmetadata: {name: a}\nobjects: [{kind: Secret, stringData: {password: hunterN}}]\n",
	}
}

func TestWhatASecretHoldsIsNeverTold(t *testing.T) {
	for name, manifest := range secrets() {
		t.Run(name, func(t *testing.T) {
			one, two := strings.ReplaceAll(manifest, "hunterN", "hunter1"), strings.ReplaceAll(manifest, "hunterN", "hunter2")
			for what, files := range map[string][2]tree{
				"changed": {{"prod/a.yaml": one}, {"prod/a.yaml": two}},
				"added":   {{"prod/b.yaml": "kind: A\n"}, {"prod/a.yaml": two}},
				"removed": {{"prod/a.yaml": one}, {"prod/a.yaml": "kind: A\n"}},
			} {
				got := at(t, "prod", files[0], files[1])
				if got.Unknown != "" || len(got.Resources) == 0 {
					t.Errorf("%s: %+v", what, got)
				}
				for _, r := range got.Resources {
					if strings.Contains(r.Diff+r.Name, "hunter") {
						t.Errorf("%s tells it:\n%s", what, r.Diff)
					}
					if what == "changed" && !strings.Contains(r.Diff, hiddenChanged) {
						t.Errorf("nobody sees that it changed:\n%s", r.Diff)
					}
				}
			}
		})
	}
}

func TestAValueThatWasNullIsSeenToChange(t *testing.T) {
	const one = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: }\n"
	two := strings.Replace(one, "password: ", "password: hunter2", 1)
	for _, change := range [][2]string{{one, two}, {two, one}} {
		got := at(t, "prod", tree{"prod/a.yaml": change[0]}, tree{"prod/a.yaml": change[1]})
		if len(got.Resources) != 1 || !strings.Contains(got.Resources[0].Diff, hiddenChanged) || strings.Contains(got.Resources[0].Diff, "hunter") {
			t.Errorf("%+v", got)
		}
	}
}

func TestAGeneratedSecretIsHiddenToo(t *testing.T) {
	files := func(password string) tree {
		return tree{
			"prod/kustomization.yaml": "secretGenerator:\n  - {name: db, literals: [password=" + password + "], files: [token]}\ngeneratorOptions: {disableNameSuffixHash: true}\n",
			"prod/token":              password,
		}
	}
	got := at(t, "prod", files("hunter1"), files("hunter2"))
	if len(got.Resources) != 1 || strings.Contains(got.Resources[0].Diff, "aHVudGVy") || strings.Count(got.Resources[0].Diff, hiddenChanged) != 2 {
		t.Errorf("%+v", got)
	}
}
