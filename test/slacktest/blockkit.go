package slacktest

import (
	"bytes"
	_ "embed" // the schema
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed blockkit.schema.json
var blockKitSchema string

// Limits that the schema does not state.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxBlocksText    = 13_200    // characters of all text in a message's blocks; undocumented
	maxViewSize      = 250 << 10 // bytes of a view
)

// checker holds Block Kit's rules: the JSON Schema and what it cannot know.
type checker struct {
	blocks  map[string]*jsonschema.Schema // by the block's type
	modal   *jsonschema.Schema
	home    *jsonschema.Schema
	printer *message.Printer
}

func newChecker() (*checker, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(blockKitSchema))
	if err != nil {
		return nil, err
	}
	const url = "blockkit.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(url, doc); err != nil {
		return nil, err
	}
	c := &checker{blocks: map[string]*jsonschema.Schema{}, printer: message.NewPrinter(language.English)}
	if c.modal, err = compiler.Compile(url + "#/definitions/ModalView"); err != nil {
		return nil, err
	}
	if c.home, err = compiler.Compile(url + "#/definitions/HomeView"); err != nil {
		return nil, err
	}
	for name, typ := range blockTypes(sub(doc.(object), "definitions")) {
		if c.blocks[typ], err = compiler.Compile(url + "#/definitions/" + name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// blockTypes maps the names of the schema's block definitions to their type.
func blockTypes(definitions object) map[string]string {
	out := map[string]string{}
	for name, v := range definitions {
		def, ok := v.(object)
		if !ok || !strings.HasSuffix(name, "Block") {
			continue
		}
		if variants := objects(list(def, "anyOf")); len(variants) > 0 {
			def = variants[0]
		}
		if typ := str(sub(sub(def, "properties"), "type"), "const"); typ != "" {
			out[name] = typ
		}
	}
	return out
}

// message checks what a message shows. The error is Slack's.
func (c *checker) message(m Content) error {
	if err := c.checkBlocks(m.Blocks, maxMessageBlocks); err != nil {
		return err
	}
	for _, att := range m.Attachments {
		if err := c.checkBlocks(decodeBlocks(att["blocks"]), maxMessageBlocks); err != nil {
			return err
		}
	}
	total := 0
	for _, b := range m.Blocks {
		total += textLength(b)
	}
	if total > maxBlocksText {
		return &apiError{"msg_blocks_too_long", []string{fmt.Sprintf("[ERROR] %d characters of text in all blocks, at most %d", total, maxBlocksText)}}
	}
	return nil
}

func (c *checker) checkBlocks(blocks []map[string]any, most int) error {
	var found []string
	if len(blocks) > most {
		found = append(found, fmt.Sprintf("[ERROR] no more than %d items allowed [json-pointer:/blocks]", most))
	}
	for i, b := range blocks {
		found = append(found, c.checkBlock(b, fmt.Sprintf("/blocks/%d", i))...)
	}
	found = append(found, duplicates(blocks)...)
	if len(found) > 0 {
		return &apiError{"invalid_blocks", found}
	}
	return nil
}

func (c *checker) checkBlock(b map[string]any, at string) []string {
	schema, ok := c.blocks[str(b, "type")]
	if !ok {
		return []string{fmt.Sprintf("[ERROR] unsupported type: %s [json-pointer:%s/type]", str(b, "type"), at)}
	}
	found := c.explain(schema.Validate(normal(b)), at)
	return append(found, elementRules(b, at)...)
}

// view checks a modal or a home tab. The error is Slack's.
func (c *checker) view(v map[string]any) error {
	schema := c.modal
	if str(v, "type") == "home" {
		schema = c.home
	}
	var found []string
	blocks := decodeBlocks(v["blocks"])
	for i, b := range blocks {
		found = append(found, c.checkBlock(b, fmt.Sprintf("/view/blocks/%d", i))...)
		if str(b, "type") == "input" && str(v, "type") == "modal" && v["submit"] == nil {
			found = append(found, "[ERROR] missing required field: submit, as the view has inputs [json-pointer:/view]")
		}
	}
	shell := object{}
	for k, value := range v {
		shell[k] = value
	}
	shell["blocks"] = []any{} // checked one by one above, for better words
	found = append(found, c.explain(schema.Validate(normal(shell)), "/view")...)
	if len(blocks) > maxViewBlocks {
		found = append(found, fmt.Sprintf("[ERROR] no more than %d items allowed [json-pointer:/view/blocks]", maxViewBlocks))
	}
	found = append(found, duplicates(blocks)...)
	if len(found) > 0 {
		return &apiError{"invalid_arguments", found}
	}
	if size := len(encode(v)); size > maxViewSize {
		return &apiError{"view_too_large", []string{fmt.Sprintf("[ERROR] %d bytes", size)}}
	}
	return nil
}

// explain turns a schema error into Slack's sentences, one per leaf.
func (c *checker) explain(err error, at string) []string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	var out []string
	for _, leaf := range leaves(invalid) {
		where := at
		if len(leaf.InstanceLocation) > 0 {
			where += "/" + strings.Join(leaf.InstanceLocation, "/")
		}
		out = append(out, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", c.words(leaf), where))
	}
	return out
}

func (c *checker) words(leaf *jsonschema.ValidationError) string {
	switch k := leaf.ErrorKind.(type) {
	case *kind.MaxLength:
		return fmt.Sprintf("must be less than %d characters", k.Want+1)
	case *kind.MinLength:
		return fmt.Sprintf("must be more than %d characters", k.Want-1)
	case *kind.MaxItems:
		return fmt.Sprintf("no more than %d items allowed", k.Want)
	case *kind.Required:
		return "missing required field: " + strings.Join(k.Missing, ", ")
	case *kind.AdditionalProperties:
		return "invalid additional property: " + strings.Join(k.Properties, ", ")
	}
	return leaf.ErrorKind.LocalizedString(c.printer)
}

// leaves finds the errors worth telling. Of several alternatives it takes the
// one that was meant: whose type matched, or the only one that got furthest.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	_, choice := e.ErrorKind.(*kind.AnyOf)
	for _, cause := range e.Causes {
		found := leaves(cause)
		if choice && wrongType(found, len(e.InstanceLocation)) {
			continue
		}
		out = append(out, found...)
		if choice {
			return out
		}
	}
	if len(out) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	return out
}

func wrongType(found []*jsonschema.ValidationError, depth int) bool {
	for _, f := range found {
		_, isConst := f.ErrorKind.(*kind.Const)
		at := f.InstanceLocation
		if isConst && len(at) == depth+1 && at[depth] == "type" {
			return true
		}
	}
	return false
}

// normal makes a value of JSON's own Go types, as the validator wants them.
func normal(v any) any {
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(v)))
	if err != nil {
		panic("slacktest: what was encoded does not decode: " + err.Error())
	}
	return out
}

// textLength counts the characters of all text in a block.
func textLength(v any) int {
	total := 0
	switch v := v.(type) {
	case object:
		for k, inner := range v {
			if text, ok := inner.(string); ok && k == "text" {
				total += utf8.RuneCountInString(text)
			} else {
				total += textLength(inner)
			}
		}
	case []any:
		for _, inner := range v {
			total += textLength(inner)
		}
	}
	return total
}
