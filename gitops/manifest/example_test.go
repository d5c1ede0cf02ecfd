package manifest_test

import (
	"fmt"

	"github.com/changebot/changebot/gitops/manifest"
)

func ExampleSet() {
	kustomization := []byte(`images:
  # Promoted by changebot.
  - {name: ghcr.io/acme/checkout, newTag: "1.41.0"}   # prod
`)
	to, err := manifest.ParseVersion("1.42.3")
	if err != nil {
		fmt.Println(err)
		return
	}
	edited, outcome, err := manifest.Set(kustomization, manifest.Kustomize{Image: "ghcr.io/acme/checkout"}, to)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s → %s at %s\n%s", outcome.Old, outcome.New, outcome.Fields[0].Field.Path, edited)
	// Output:
	// 1.41.0 → 1.42.3 at images[0].newTag
	// images:
	//   # Promoted by changebot.
	//   - {name: ghcr.io/acme/checkout, newTag: "1.42.3"}   # prod
}
