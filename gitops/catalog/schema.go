package catalog

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed changebot.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft 2020-12) of .changebot.yaml.
func Schema() []byte { return bytes.Clone(schemaText) }

// A form is the schema, ready to be asked.
type form struct {
	schema *jsonschema.Schema
	source map[string]any // the same as plain values, for its descriptions
}

// theForm compiles the embedded schema. That it compiles is a test's word.
var theForm = sync.OnceValues(func() (*form, error) {
	source, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("read the catalogue's schema: %w", err)
	}
	const at = "mem:///changebot.schema.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(at, source); err != nil {
		return nil, fmt.Errorf("add the catalogue's schema: %w", err)
	}
	schema, err := compiler.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("compile the catalogue's schema: %w", err)
	}
	object, _ := source.(map[string]any)
	return &form{schema, object}, nil
})

// check holds a document against the schema and notes what does not fit.
func (f *form) check(d *document) error {
	err := f.schema.Validate(d.value)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return fmt.Errorf("check %s against its schema: %w", File, err)
	}
	f.note(d, invalid)
	return nil
}

// note walks to the leaves of an error, which are what a person can mend.
func (f *form) note(d *document, e *jsonschema.ValidationError) {
	pointer := pointerOf(e.InstanceLocation)
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			f.note(d, cause)
		}
		return
	}
	def := f.resolve(e.SchemaURL)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		message, next := " is not a key that is known here.", ""
		if def["patternProperties"] != nil {
			message, next = " is not a name that can stand here.", hint(f.resolve("#/$defs/name"))
		}
		known := f.properties(def)
		for _, name := range slices.Sorted(slices.Values(k.Properties)) {
			child := pointer + "/" + escape(name)
			d.add(d.keys[child], child, quote(name)+message, cmp.Or(next, instead(name, known)), false)
			d.blame(child)
		}
	case *kind.Required:
		for _, name := range k.Missing {
			d.add(d.values[pointer], pointer, "The key "+quote(name)+" is missing.", f.describe(def, name), false)
			d.blame(pointer + "/" + escape(name))
		}
	default:
		message, next := leaf(d, pointer, k)
		if next == "" {
			next = hint(def)
		}
		d.misshapen(pointer, message, next)
	}
}

// leaf says what is wrong with one value.
func leaf(d *document, pointer string, k jsonschema.ErrorKind) (message, next string) {
	switch k := k.(type) {
	case *kind.Type:
		message = "This must be " + typeWords(k.Want) + ", and it is " + typeWords([]string{k.Got}) + "."
		if node := d.values[pointer]; slices.Equal(k.Want, []string{"string"}) && k.Got != "object" && k.Got != "array" && node.Value != "" {
			next = "Write it in quotes: " + quote(node.Value) + "."
		}
	case *kind.Enum:
		known := make([]string, len(k.Want))
		for i, w := range k.Want {
			known[i] = fmt.Sprint(w)
		}
		return quote(fmt.Sprint(k.Got)) + " is not a word that is known here.", instead(fmt.Sprint(k.Got), known)
	case *kind.Pattern:
		message = quote(k.Got) + " cannot stand here."
	case *kind.UniqueItems:
		message = fmt.Sprintf("The items %d and %d are the same.", k.Duplicates[0]+1, k.Duplicates[1]+1)
		next = "Keep one of them."
	case *kind.MinItems, *kind.MinProperties, *kind.MinLength:
		message = "This is empty."
	case *kind.MaxProperties:
		message = "There is more than one of them."
	case *kind.MaxLength:
		message = fmt.Sprintf("This has %d characters; %d are the most.", k.Got, k.Want)
	case *kind.Const:
		message = fmt.Sprintf("This must be %v.", k.Want)
	case *kind.Minimum:
		message = "This must be at least " + k.Want.RatString() + "."
	case *kind.Maximum:
		message = "This must be at most " + k.Want.RatString() + "."
	default:
		message = "This does not fit the schema (" + strings.Join(k.KeywordPath(), "/") + ")."
	}
	return message, next
}

func typeWords(types []string) string {
	words := map[string]string{
		"string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
		"array": "a list", "object": "a block of keys", "null": "nothing",
	}
	var said []string
	for _, t := range types {
		said = append(said, words[t])
	}
	return strings.Join(said, " or ")
}

// hint is what a part of the schema says of itself, with an example.
func hint(def map[string]any) string {
	text, _ := def["description"].(string)
	if examples, _ := def["examples"].([]any); len(examples) > 0 {
		text += fmt.Sprintf(" For example: %v", examples[0])
	}
	return text
}

// describe is what the schema says of a property, looking behind $ref where
// the property itself says nothing.
func (f *form) describe(def map[string]any, property string) string {
	properties, _ := def["properties"].(map[string]any)
	own, _ := properties[property].(map[string]any)
	if own["description"] != nil {
		return hint(own)
	}
	ref, _ := own["$ref"].(string)
	return hint(f.resolve(ref))
}

func (f *form) properties(def map[string]any) []string {
	properties, _ := def["properties"].(map[string]any)
	var names []string
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// resolve returns the part of the schema that a URL's fragment points at; an
// empty one where there is none.
func (f *form) resolve(url string) map[string]any {
	_, fragment, _ := strings.Cut(url, "#")
	part := any(f.source)
	for name := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		if name == "" {
			continue
		}
		object, _ := part.(map[string]any)
		part = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	object, _ := part.(map[string]any)
	return object
}

func pointerOf(location []string) string {
	var pointer strings.Builder
	for _, part := range location {
		pointer.WriteString("/" + escape(part))
	}
	return pointer.String()
}
