// Package api is the authenticated HTTP API of changebot and its client, which
// the command line uses. It says the same sentences as chat and takes the same
// road: what differs is that a token says who asks, and that a program reads
// the answer.
//
//	POST /api/v1/requests            {"text": "promote checkout to prod because INC-4211"}, with Idempotency-Key
//	GET  /api/v1/answers?text=…      a question: status, history, diff or help; it changes nothing
//	GET  /api/v1/changes/{id}        a change; ?after=REVISION&wait=SECONDS waits until it is a newer one
//	GET  /api/v1/changes/{id}/diff   what it edits
//
// A request is kept in the inbox before it is acted on, like what Slack and
// GitHub send, so it survives a crash; the same Idempotency-Key of the same
// person is the same request however often it comes, and is answered the same.
package api

// Path is where the API is mounted; everything below it wants a token.
const Path = "/api/v1/"
