package manifest

import (
	"fmt"
	"strings"
	"testing"
)

func TestSetEditsEveryKindOfWorkload(t *testing.T) {
	for kind, path := range map[string]string{
		"Deployment": "spec.template.spec", "StatefulSet": "spec.template.spec", "DaemonSet": "spec.template.spec", "ReplicaSet": "spec.template.spec",
		"ReplicationController": "spec.template.spec", "Job": "spec.template.spec", "Rollout": "spec.template.spec",
		"CronJob": "spec.jobTemplate.spec.template.spec", "Pod": "spec", "PodTemplate": "template.spec",
	} {
		t.Run(kind, func(t *testing.T) {
			pod := "initContainers: [{name: a, image: r/app:v1}, {name: b, image: r/other:v1}], containers: [{name: c, image: \"r/app:v1\"}]"
			keys := strings.Split(path, ".")
			before := fmt.Sprintf("kind: %s\n%s: {%s%s\n", kind, strings.Join(keys, ": {"), pod, strings.Repeat("}", len(keys)))
			after, outcome, err := Set([]byte(before), Container{"r/app"}, Version{Tag: "v2"})
			if want := strings.ReplaceAll(before, "r/app:v1", "r/app:v2"); err != nil || string(after) != want {
				t.Fatalf("got %s, %v", after, err)
			}
			if first := outcome.Fields[0].Field.Path; first != path+".initContainers[0].image" || len(outcome.Fields) != 2 {
				t.Errorf("outcome %+v", outcome)
			}
		})
	}
}

func TestSetEditsTheObjectsOfAList(t *testing.T) {
	const pod = "{kind: Pod, spec: {containers: [{image: \"r/app:v1\"}]}}"
	for _, kind := range []string{"List", "PodList"} {
		before := "kind: " + kind + "\nitems: [" + pod + ", " + pod + "]\n"
		after, _, err := Set([]byte(before), Container{"r/app"}, Version{Tag: "v2"})
		if err != nil || string(after) != strings.ReplaceAll(before, "v1", "v2") {
			t.Errorf("%s: got %s, %v", kind, after, err)
		}
	}
	checkSpliced(t, []spliced{{"an object that is merely called so", "kind: AllowList\nspec: {version: v1}\n", Custom{Path: "spec.version", Kind: "AllowList"}, "v2", "v1", "v2"}})
}

func TestSetEditsTheImagesOfAComponent(t *testing.T) {
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- name: a\n  newTag: v1.0\n"
	checkSpliced(t, []spliced{{"in its images", component, Kustomize{"a"}, "v2.0", "v1.0", "v2.0"}})
}
