// Package git is the engine that reads and changes a GitOps repository.
//
// Think of it as three things. A Mirror is a bare repository on disk that
// follows one branch of one remote: it is cloned once with depth 1 and fetched
// without a depth afterwards, so it holds the tip and everything that was
// merged since, and it says so honestly where its knowledge ends (ErrShallow).
// A Commit is made in memory from a base commit and a few changed files: only
// the trees on the way to those files are rewritten, there is no work tree and
// no index, and the same request always gives the same hash. A push sends
// exactly the new objects, large trees as what changes in them, and moves refs
// with a compare-and-swap on the old value, so that the remote has the last word
// about who was first.
//
// Why not go-git's porcelain: its Push walks the whole history, its Worktree
// reads every file, and its Fetch does not tell the server where a shallow
// clone begins, so that the server leaves out objects it believes are here. This
// package uses go-git for what it does well: the transport, the wire format
// and the reading of packs. Package indexpack indexes those that arrive.
//
// A Mirror is a cache. Nothing in it is the only copy of anything: a damaged
// one, or one whose branch was rewound, is thrown away and cloned again.
//
// Mirrors are safe for concurrent use. One goroutine at a time writes to a
// mirror (Fetch, cloning again); reads go on meanwhile. A directory belongs to
// one Mirror of one process, which holds a lock on it; replicas have a mirror
// each, and only the remote says who of them was first.
//
// One goroutine at a time pushes as well, and takes along what others bring
// meanwhile (see package batch): half of what a push costs is the server's, for
// each push and not for what is in it.
package git
