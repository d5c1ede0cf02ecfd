// Package githubtest is a GitHub that behaves: the parts of it that a bot
// working through pull requests meets, over real bare git repositories.
//
// How to think of it: git is real (package bare runs the git command line),
// the rest is state in memory around it. Whatever moves a ref (git over HTTP,
// the REST API, a person in a test) goes through one place, Server.moved,
// which updates heads of pull requests, dismisses stale approvals, closes what
// was merged and sends the webhooks. Whatever a person or the API does to a
// pull request goes through one function per verb (open, review, merge, …), so
// the REST API, the pages and the methods for scripts cannot disagree.
//
//	REST  /api/v3/…            → api.go finds the operation in GitHub's OpenAPI
//	                             description, authenticates, applies limits and
//	                             faults, calls the handler, checks both sides
//	git   /{owner}/{repo}.git  → githttp.go, git http-backend behind the same tokens
//	pages /{owner}/{repo}/…    → pages.go, for people
//
// Every exchange is logged (Requests) and checked against the description
// (Violations); a test that ends with violations has found a client, or this
// server, saying what GitHub would not.
//
// The server can be told to misbehave with package fault; its webhooks are
// delivered by package hook.
package githubtest
