package manifest

import "testing"

const splitValues = `global:
  images:
    - app: {registry: ghcr.io, repository: acme/checkout, tag: 1.41.0, digest: ""}   # ours
worker:
  image:
    repository: "localhost:5000/acme/worker"
    digest: '` + "sha256:1111111111111111111111111111111111111111111111111111111111111111" + `'
    tag: '8'
    pullPolicy: Always
`

func TestSetEditsAnImageInParts(t *testing.T) {
	checkSpliced(t, []spliced{
		{"in a flow map below a list", splitValues, HelmImage{"global.images[0].app"}, "1.42", "tag: 1.41.0", `tag: "1.42"`},
		{"the digest field is filled along", splitValues, HelmImage{"global.images[0].app"}, "1.41.0@" + digestOf("2"), `digest: ""`, `digest: "` + digestOf("2") + `"`},
		{"without a digest field", "image: {repository: a, tag: v1}", HelmImage{"image"}, "v2", "v1", "v2"},
		{"with a digest alone", "image: {repository: a, digest: '" + digestOf("1") + "'}", HelmImage{"image"}, digestOf("2"), digestOf("1"), digestOf("2")},
	})
	after, _, err := Set([]byte(splitValues), HelmImage{"worker.image"}, mustParse(t, "9@"+digestOf("3")))
	if got, readErr := Read(after, Helm{"worker.image.tag"}); err != nil || readErr != nil || got.String() != "9@"+digestOf("3") {
		t.Errorf("got %q, %v, %v", got, err, readErr)
	}
}

func TestSetRefusesAnImageInPartsThatDisagree(t *testing.T) {
	checkRefused(t, []refusal{
		{"the repository names a version too", "image:\n  repository: a:v0\n  tag: v1\n", HelmImage{"image"}, "v2",
			`image.repository (line 2) cannot be edited safely: "a:v0" names a version beside the tag and the digest.`, false},
		{"a bare tag where the digest decides", splitValues, HelmImage{"worker.image"}, "9", "worker.image (line 6) cannot be edited safely: it is pinned by a digest…", false},
		{"the tag is a map", "image: {tag: {}}", HelmImage{"image"}, "v2", "image.tag (line 1) cannot be edited safely: it is a map, not a single value.", false},
	})
}
