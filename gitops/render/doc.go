// Package render says what a Change does to the manifests that a cluster gets:
// it builds a directory of the repository as it is and as it would be, and
// compares the objects that come out.
//
// What is rendered belongs to whoever can write to the repository, and building
// it is close to running it. So three things stand between:
//
//   - What a kustomization names is collected first, from the repository at one
//     commit, with bounds on files, bytes and depth. Whatever names something
//     else (a URL, another repository, a plugin, a Helm chart, a path out of the
//     tree) is refused with the reason; kustomize never sees it.
//   - kustomize runs over those files in memory, in a process of its own that
//     can reach nothing, has no secret of changebot's, and ends itself when it
//     takes too much memory and is killed when it takes too long. A library
//     that knows neither context nor limit can be bounded in no other way.
//   - What Secrets hold is hidden before anything is compared for people, and
//     no error text of kustomize leaves the package, since those quote what
//     they choke on.
//
// A render that does not succeed is a sentence, never an error: no Change waits
// for it.
package render
