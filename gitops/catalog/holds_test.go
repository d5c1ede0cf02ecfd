package catalog

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/changebot/changebot/gitops"
)

func TestHoldsAreReadFromTheTree(t *testing.T) {
	const dir = gitops.HoldsDirectory + "/prod/cart/"
	tests := []struct {
		name string
		file string
		text string
		want string // the version on hold, "all", or nothing
		says string // a part of the warning
	}{
		{"what a rollback writes", dir + "c-1.yaml", string(hold("1.10").Text()), "1.10", ""},
		{"a digest", dir + "c-1.yaml", "version: 1.2@sha256:12\n", "1.2@sha256:12", ""},
		{"a number without quotes is what it looks like", dir + "c-1.yaml", "version: 1.10\n", "1.10", ""},
		{"a day", dir + "c-1.yaml", "version: 1\nsince: 2026-11-20\n", "1", ""},
		{"a key that is misspelt", dir + "c-1.yaml", "versions: 1\n", "all", "line 1: there is no key \"versions\""},
		{"two holds in one file", dir + "c-1.yaml", "version: 1\n---\nversion: 2\n", "all", "write a file for each hold"},
		{"no version", dir + "c-1.yaml", "because: it is slow\n", "all", "version is missing"},
		{"a version that is a list", dir + "c-1.yaml", "version: [1]\n", "all", "cannot unmarshal"},
		{"since some other time", dir + "c-1.yaml", "version: 1\nsince: yesterday\n", "all", "cannot"},
		{"a list", dir + "c-1.yaml", "- 1\n", "all", "no list of keys and values"},
		{"nothing", dir + "c-1.yaml", "", "all", "it is empty"},
		{"no YAML", dir + "c-1.yaml", "version: \"1\n", "all", "cannot be read"},
		{"a bomb", dir + "c-1.yaml", "version: &a [x, x]\nby: [" + strings.Repeat("*a, ", 6000) + "]\n", "all", "16384 are the most"},
		{"a file that is no hold", dir + "README.md", "why\n", "", ""},
		{"a hold on nothing", gitops.HoldsDirectory + "/prod/gone/c-1.yaml", "version: 1\n", "", "there is no gone in prod"},
		{"a hold in no environment", gitops.HoldsDirectory + "/nowhere/cart/c-1.yaml", "version: 1\n", "", "there is no cart in nowhere"},
		{"a file at the wrong place", gitops.HoldsDirectory + "/prod/cart.yaml", "version: 1\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := onlyCart()
			tree[tt.file] = &fstest.MapFile{Data: []byte(tt.text)}
			c, problems := check(t, good, tree)
			if c == nil {
				t.Fatalf("the catalogue is refused: %v", problems)
			}
			got := ""
			for _, h := range c.Holds {
				if got = h.Version.Full(); h.Broken != "" {
					got = "all"
				}
			}
			said := strings.Join(texts(problems), "\n")
			if got != tt.want || !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
				t.Errorf("on hold: %q, want %q; it says %q, want %q", got, tt.want, said, tt.says)
			}
		})
	}
}

func hold(version string) gitops.Hold {
	var c gitops.Change
	c.ID, c.Request.Command.Because = "c-1", "a \"reason\": # and more"
	return gitops.NewHold(c, gitops.TargetRef{Application: "cart", Environment: "prod"}, gitops.ParseVersion(version))
}

func TestAHoldIsReadAsItWasWritten(t *testing.T) {
	tree := onlyCart()
	want := hold("1.10")
	tree[want.File] = &fstest.MapFile{Data: want.Text()}
	c, problems := check(t, good, tree)
	if len(problems) > 0 || len(c.Holds) != 1 {
		t.Fatalf("%v, %+v", problems, c.Holds)
	}
	want.Target.Repository = "acme/gitops"
	if c.Holds[0] != want {
		t.Errorf("read %+v, written %+v", c.Holds[0], want)
	}
}
