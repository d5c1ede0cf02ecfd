package render

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// reaching is the argument with which the test is a process like the building
// one, in which kustomize gets to see what the collector would have refused.
const reaching = "reach"

// reach tries to get at a server in every way that kustomize knows.
func reach(url string) {
	isolate()
	for _, text := range []string{
		"resources: ['" + url + "/a.yaml']\n",
		"resources: ['" + url + "/base.git']\n",
		"resources: ['git::" + url + "/base']\n",
		"components: ['" + url + "/base//component?ref=main']\n",
		"patches: [{path: '" + url + "/p.yaml'}]\nresources: [a.yaml]\n",
		"openapi: {path: '" + url + "/s.json'}\nresources: [a.yaml]\n",
		"configMapGenerator: [{name: a, files: ['" + url + "/f']}]\n",
		"helmCharts: [{name: a, version: 1.0.0, repo: '" + url + "'}]\n",
	} {
		files := filesys.MakeFsInMemory()
		for name, content := range map[string]string{"/a/kustomization.yaml": text, "/a/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"} {
			if err := files.WriteFile(name, []byte(content)); err != nil {
				fmt.Println(err)
			}
		}
		if resources, err := build(files, "/a"); err == nil {
			fmt.Printf("%q is built: %v\n", text, resources)
		}
	}
	if _, err := exec.LookPath("git"); err == nil {
		fmt.Println("git is found")
	}
}

func TestTheBuildingProcessReachesNothing(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked.Add(1)
		_, _ = fmt.Fprint(w, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\n")
	}))
	defer server.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := exec.CommandContext(t.Context(), self, reaching, server.URL)
	p.Env = environment(maxMemory)
	out, err := p.Output()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the server was asked %d times", n)
	}
}
