package manifest

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

const kustomizeCharts = `kind: Kustomization
helmCharts:   # inflated
  - name: checkout
    version: "1.41.0"   # ours
    repo: https://charts.acme.dev
  - {name: redis, releaseName: sessions, version: 19.0.1}
  - {name: redis, releaseName: carts, version: 'v19.0.2', valuesInline: {version: 1.41.0}}
`

const chartYAML = "apiVersion: v2\r\nname: shop\r\nversion: 0.1.0\r\ndependencies:\r\n" +
	"- name: postgresql\r\n  version: 15.5.2 # pinned\r\n  alias: orders\r\n- name: postgresql\r\n  version: 15.5.1\r\n  alias: events\r\n" +
	"- version: 1.0.0-rc.1\r\n  name: events\r\n  repository: oci://r.acme.dev\r\n- {name: cart, version: 2.0.0, alias: basket}"

func TestSetEditsTheVersionOfAChart(t *testing.T) {
	checkSpliced(t, []spliced{
		{"in quotes, by the chart's name", kustomizeCharts, KustomizeChart{"checkout"}, "1.42.3", `"1.41.0"`, `"1.42.3"`},
		{"by the release's name", kustomizeCharts, KustomizeChart{"carts"}, "20.0.0-rc.1", "'v19.0.2'", "'20.0.0-rc.1'"},
		{"by the alias, between CRLF", chartYAML, Dependency{"orders"}, "15.6.0", "15.5.2 #", "15.6.0 #"},
		{"an alias that another chart has for its name decides nothing for a chart without one", "dependencies: [{name: a, alias: b, version: 1.0.0}, {name: b, alias: c, version: 2.0.0}]",
			Dependency{"b"}, "1.1.0", "1.0.0", "1.1.0"},
		{"by the name although it has an alias, as only one has it", chartYAML, Dependency{"cart"}, "2.0.1", "version: 2.0.0, alias", "version: 2.0.1, alias"},
		{"a version that is empty", "dependencies: [{name: a, version: ''}]", Dependency{"a"}, "2.0.1", "''", "'2.0.1'"},
	})
}

func TestSetRefusesChartVersionsThatAreNotOne(t *testing.T) {
	one := func(version string) string { return "dependencies:\n- name: a\n  version: " + version + "\n" }
	const at = "dependencies[0].version (line 3) cannot be edited safely: "
	checkRefused(t, []refusal{
		{"a caret", one("^1.2.0"), Dependency{"a"}, "2.0.0", at + `"^1.2.0" is a range, so which version runs is decided when the chart is fetched.`, false},
		{"two bounds", one("'>=1.0.0 <2'"), Dependency{"a"}, "2.0.0", at + `">=1.0.0 <2" is a range…`, false},
		{"two parts", one("1.2"), Dependency{"a"}, "2.0.0", at + `"1.2" is a range…`, false},
		{"an x", one("1.2.x"), Dependency{"a"}, "2.0.0", at + `"1.2.x" is a range…`, false},
		{"build metadata", one("1.2.3+b1"), Dependency{"a"}, "2.0.0", at + `"1.2.3+b1" has build metadata (+)…`, false},
		{"a template", one("'{{ .v }}'"), Dependency{"a"}, "2.0.0", at + "it is filled by a template.", false},
		{"a word comes in", one("1.2.3"), Dependency{"a"}, "latest", at + `"latest" is not a valid chart version.`, false},
		{"a range comes in", one("1.2.3"), Dependency{"a"}, "1.3", at + `"1.3" is a range…`, false},
		{"a digest comes in", one("1.2.3"), Dependency{"a"}, "1.3.0@" + digestOf("1"), at + "it has no field for a digest.", false},
		{"the chart is there twice", kustomizeCharts, KustomizeChart{"redis"}, "20.0.0",
			`helmCharts[2] (line 7) cannot be edited safely: the kustomize chart "redis" is there more than once, first on line 6 (helmCharts[1]).`, false},
		{"two charts have the name of an alias and of their own", chartYAML, Dependency{"events"}, "2.0.0",
			`dependencies[2] (line 11) cannot be edited safely: the dependency "events" is there more than once…`, false},
		{"the charts are a map", "helmCharts: {a: 1.0.0}", KustomizeChart{"a"}, "2.0.0", "helmCharts (line 1) cannot be edited safely: it is a map, not a list.", false},
	})
}

func TestAChartThatIsNotThereIsNotFound(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		at         Locator
		message    string
	}{
		{"another is", kustomizeCharts, KustomizeChart{"cart"}, `The kustomization has no chart "cart"; it has "checkout", "redis", "redis".`},
		{"none is", "dependencies:\n", Dependency{"cart"}, "The chart has no dependencies."},
		{"it has no version", "dependencies: [{name: cart}]\n", Dependency{"cart"}, "dependencies[0] (line 1) has no version."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read([]byte(tt.data), tt.at)
			if gitops.CodeOf(err) != gitops.NotFound || err.Error() != tt.message {
				t.Errorf("got  %v\nwant %s", err, tt.message)
			}
		})
	}
	for _, at := range []Locator{KustomizeChart{}, Dependency{"a b"}} {
		if _, err := Read([]byte("a: 1\n"), at); gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
}
