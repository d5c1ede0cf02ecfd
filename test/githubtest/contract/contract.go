// Package contract holds exchanges against GitHub's own OpenAPI description.
//
// The description (github-openapi.json, a subset; see LICENSE.github-openapi)
// is both the list of operations that exist and the judge of every request
// and response. A server in tests that asks it before answering cannot drift
// into accepting what GitHub would refuse, nor answer what GitHub never sends.
package contract

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed github-openapi.json
var description []byte

// Description is a loaded API description. It is safe for concurrent use.
type Description struct {
	doc    *openapi3.T
	router routers.Router
}

// Operation is one operation a request was found to address.
type Operation struct {
	ID   string            // GitHub's name of it, e.g. "pulls/merge"
	Vars map[string]string // path parameters, unescaped
	// Template is the path of the operation with its parameters' names.
	Template string
	route    *routers.Route
}

// Load reads the description. It takes about a tenth of a second.
func Load() (*Description, error) {
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("load GitHub's OpenAPI description: %w", err)
	}
	doc.Servers = nil // any host: paths are relative to the API's base
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route GitHub's OpenAPI description: %w", err)
	}
	return &Description{doc: doc, router: router}, nil
}

// Operations returns the ids of all operations, in no particular order.
func (d *Description) Operations() []string {
	var ids []string
	for _, item := range d.doc.Paths.Map() {
		for _, op := range item.Operations() {
			ids = append(ids, op.OperationID)
		}
	}
	return ids
}

// Find returns the operation that a method and an escaped path (relative to
// the API's base, starting with a slash) address; ok is false outside of the
// description.
func (d *Description) Find(method, escapedPath string) (op Operation, ok bool) {
	u, err := url.Parse(rootContents(escapedPath))
	if err != nil {
		return Operation{}, false
	}
	route, vars, err := d.router.FindRoute(&http.Request{Method: method, URL: u, Header: http.Header{}})
	if err != nil {
		return Operation{}, false
	}
	for k, v := range vars {
		if vars[k], err = url.PathUnescape(v); err != nil {
			return Operation{}, false
		}
	}
	return Operation{ID: route.Operation.OperationID, Vars: vars, Template: route.Path, route: route}, true
}

// rootContents gives the root folder of the contents operation a name: GitHub
// takes an empty {path} there, which no router can match.
func rootContents(path string) string {
	if trimmed := strings.TrimSuffix(path, "/"); strings.HasSuffix(trimmed, "/contents") && strings.Count(trimmed, "/") == 4 {
		return trimmed + "/."
	}
	return path
}

// Request checks a request and its body; nil means it is as described.
func (d *Description) Request(ctx context.Context, r *http.Request, op Operation, body []byte) error {
	body = plain(op.ID, body)
	return explain(openapi3filter.ValidateRequest(ctx, d.input(r, op, body)))
}

// Response checks an answer; nil means it is as described. Statuses that an
// operation does not list are not judged: any operation may answer 401, 403,
// 404, 429 or 5xx, and GitHub lists them only here and there.
func (d *Description) Response(ctx context.Context, r *http.Request, op Operation, status int, header http.Header, body []byte) error {
	if rawMedia(header.Get("Content-Type")) {
		return nil // a diff, a patch or a file: text without a schema
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(r, op, nil),
		Status:                 status, Header: header,
		Body:    io.NopCloser(bytes.NewReader(body)),
		Options: options(),
	}
	err := openapi3filter.ValidateResponse(ctx, in)
	if s, ok := errors.AsType[*openapi3.SchemaError](err); ok && status >= 400 && s.SchemaField == "oneOf" && strings.Contains(s.Reason, "more than one schema") {
		// Some errors are oneOf two forms that both fit a plain message: the
		// description says oneOf where it means anyOf.
		return nil
	}
	return explain(err)
}

func (d *Description) input(r *http.Request, op Operation, body []byte) *openapi3filter.RequestValidationInput {
	clone := r.Clone(r.Context())
	clone.Body = io.NopCloser(bytes.NewReader(body))
	clone.ContentLength = int64(len(body))
	if len(body) == 0 {
		clone.Body = http.NoBody
	}
	// Clients leave the type out or send text/plain; GitHub reads JSON anyway.
	clone.Header.Set("Content-Type", "application/json")
	return &openapi3filter.RequestValidationInput{
		Request: clone, PathParams: op.Vars, QueryParams: r.URL.Query(), Route: op.route, Options: options(),
	}
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		SkipSettingDefaults: true,
		AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
	}
}

// plain rewrites the two kinds of request body that GitHub takes and its
// description, or the way we read it, does not:
//   - adding labels: a bare array of names. The description has it beside the
//     object form, but in a way that the subset's oneOf does not keep;
//   - a token request: the official Go libraries send "null" for "no options".
func plain(operation string, body []byte) []byte {
	trimmed := bytes.TrimSpace(body)
	switch {
	case operation == "issues/add-labels" && bytes.HasPrefix(trimmed, []byte("[")):
		return []byte(`{"labels":` + string(trimmed) + `}`)
	case operation == "apps/create-installation-access-token" && string(trimmed) == "null":
		return nil
	}
	return body
}

func rawMedia(contentType string) bool {
	for _, suffix := range []string{".diff", ".patch", ".raw", ".sha"} {
		if strings.Contains(contentType, "vnd.github") && strings.Contains(contentType, suffix) {
			return true
		}
	}
	return false
}

// explain shortens kin-openapi's errors, which repeat the whole schema, to the
// place and the reason.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if s, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		why := s.Reason
		if inner, ok := errors.AsType[*openapi3.SchemaError](s.Origin); ok {
			why += ": /" + strings.Join(inner.JSONPointer(), "/") + ": " + inner.Reason
		}
		where := "response"
		if r, ok := errors.AsType[*openapi3filter.RequestError](err); ok {
			where = "request"
			if r.Parameter != nil {
				where += " parameter " + r.Parameter.Name
			}
		}
		return fmt.Errorf("%s: /%s: %s", where, strings.Join(s.JSONPointer(), "/"), why)
	}
	return err
}
