// Package render says what a Change does to the manifests that a cluster gets:
// it builds a directory of the repository as it is and as it would be, and
// compares the objects that come out.
//
// What is rendered belongs to whoever can write to the repository, and building
// it is close to running it. So three things stand between:
//
//   - All that reads what the repository holds (and what Argo CD renders) is in a
//     process of its own, that can reach nothing, has no secret of changebot's,
//     and ends itself when it takes too much memory and is killed when it takes
//     too long. Parsers and kustomize know neither context nor limit, and can be
//     bounded in no other way. It asks changebot for the files, one by one, and
//     answers with the objects that differ: these are all that changebot reads
//     of it. Few such processes run at a time.
//   - What a kustomization names is collected there first, with bounds on files,
//     bytes and depth, and built in memory. Whatever names something else (a URL,
//     another repository, a plugin, a Helm chart, a path out of the tree) is
//     refused with the reason; kustomize never sees it.
//   - What Secrets hold is hidden before anything is compared for people, and
//     no error text of kustomize or Argo CD leaves the package, since those quote
//     what they choke on. It is not even logged.
//
// A render that does not succeed is a sentence, never an error: no Change waits
// for it.
package render
