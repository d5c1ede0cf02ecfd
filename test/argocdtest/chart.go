package argocdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"go.yaml.in/yaml/v3"
)

// renderChart is a deliberately small Helm: values.yaml, value files and
// parameters in that order; templates with the functions that charts use most;
// no dependencies, no hooks, no lookups.
func renderChart(tree files, dir string, app *v1alpha1.Application) ([]byte, error) {
	docs, err := chartDocs(tree, dir, app)
	if err != nil {
		return nil, fmt.Errorf("`helm template . --name-template %s --namespace %s --include-crds` failed exit status 1: Error: %w",
			app.Name, app.Spec.Destination.Namespace, err)
	}
	return docs, nil
}

func chartDocs(tree files, dir string, app *v1alpha1.Application) ([]byte, error) {
	chart, err := mapping(tree, path.Join(dir, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	values, err := chartValues(tree, dir, app.Spec.GetSource().Helm)
	if err != nil {
		return nil, err
	}
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(chartFuncs(root))
	var names []string
	for _, name := range sortedKeys(tree) {
		if !strings.HasPrefix(name, path.Join(dir, "templates")+"/") || strings.HasSuffix(name, ".txt") {
			continue
		}
		if _, err := root.New(name).Parse(string(tree[name])); err != nil {
			return nil, fmt.Errorf("parse error at %w", err)
		}
		if !strings.HasPrefix(path.Base(name), "_") {
			names = append(names, name)
		}
	}
	release := app.Name
	if h := app.Spec.GetSource().Helm; h != nil && h.ReleaseName != "" {
		release = h.ReleaseName
	}
	in := map[string]any{
		"Values":  values,
		"Chart":   titled(chart),
		"Release": map[string]any{"Name": release, "Namespace": app.Spec.Destination.Namespace, "Service": "Helm", "Revision": 1, "IsInstall": true, "IsUpgrade": false},
	}
	var docs bytes.Buffer
	for _, name := range names {
		docs.WriteString("\n---\n")
		if err := root.ExecuteTemplate(&docs, name, in); err != nil {
			return nil, fmt.Errorf("execution error at %w", err)
		}
	}
	return bytes.ReplaceAll(docs.Bytes(), []byte("<no value>"), nil), nil
}

// valueFiles are the names of the files that the Application adds.
func valueFiles(dir string, helm *v1alpha1.ApplicationSourceHelm) []string {
	if helm == nil {
		return nil
	}
	var names []string
	for _, f := range helm.ValueFiles {
		name, absolute := strings.CutPrefix(f, "/")
		if !absolute {
			name = path.Join(dir, f)
		}
		names = append(names, name)
	}
	return names
}

// chartValues merges the values, the later over the earlier.
func chartValues(tree files, dir string, helm *v1alpha1.ApplicationSourceHelm) (map[string]any, error) {
	values := map[string]any{}
	if tree[path.Join(dir, "values.yaml")] != nil {
		v, err := mapping(tree, path.Join(dir, "values.yaml"))
		if err != nil {
			return nil, err
		}
		values = v
	}
	if helm == nil {
		return values, nil
	}
	for _, name := range valueFiles(dir, helm) {
		if tree[name] == nil && helm.IgnoreMissingValueFiles {
			continue
		}
		v, err := mapping(tree, name)
		if err != nil {
			return nil, err
		}
		values = merge(values, v)
	}
	for _, over := range []string{helm.Values, string(rawValues(helm))} {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(over), &v); err != nil {
			return nil, fmt.Errorf("failed to parse values: %w", err)
		}
		values = merge(values, v)
	}
	for _, p := range helm.Parameters {
		put(values, strings.Split(p.Name, "."), p)
	}
	return values, nil
}

func rawValues(helm *v1alpha1.ApplicationSourceHelm) []byte {
	if helm.ValuesObject == nil {
		return nil
	}
	return helm.ValuesObject.Raw
}

func put(values map[string]any, keys []string, p v1alpha1.HelmParameter) {
	if len(keys) > 1 {
		below, ok := values[keys[0]].(map[string]any)
		if !ok {
			below = map[string]any{}
			values[keys[0]] = below
		}
		put(below, keys[1:], p)
		return
	}
	values[keys[0]] = p.Value
	if n, err := strconv.ParseInt(p.Value, 10, 64); err == nil && !p.ForceString {
		values[keys[0]] = n
	}
}

func mapping(tree files, name string) (map[string]any, error) {
	if tree[name] == nil {
		return nil, fmt.Errorf("open %s: no such file or directory", name)
	}
	v := map[string]any{}
	if err := yaml.Unmarshal(tree[name], &v); err != nil {
		return nil, fmt.Errorf("failed to parse %s: %w", name, err)
	}
	return v, nil
}

func merge(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	for k, v := range over {
		below, isMap := v.(map[string]any)
		old, wasMap := out[k].(map[string]any)
		if isMap && wasMap {
			v = merge(old, below)
		}
		out[k] = v
	}
	return out
}

// titled gives Chart.yaml's keys the capital that templates use.
func titled(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[strings.ToUpper(k[:1])+k[1:]] = v
	}
	return out
}

func chartFuncs(root *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, in any) (string, error) {
			var b strings.Builder
			err := root.ExecuteTemplate(&b, name, in)
			return b.String(), err
		},
		"tpl": func(text string, in any) (string, error) {
			t, err := template.Must(root.Clone()).Parse(text)
			if err != nil {
				return "", err
			}
			var b strings.Builder
			err = t.Execute(&b, in)
			return b.String(), err
		},
		"required": func(message string, v any) (any, error) {
			if v == nil || v == "" {
				return nil, errors.New(message)
			}
			return v, nil
		},
		"fail":    func(message string) (string, error) { return "", errors.New(message) },
		"default": func(def, v any) any { return orElse(v, def) },
		"toYaml": func(v any) (string, error) {
			out, err := yaml.Marshal(v)
			return strings.TrimSuffix(string(out), "\n"), err
		},
		"quote":      func(v any) string { return strconv.Quote(fmt.Sprint(orElse(v, ""))) },
		"squote":     func(v any) string { return "'" + fmt.Sprint(orElse(v, "")) + "'" },
		"indent":     indent,
		"nindent":    func(n int, s string) string { return "\n" + indent(n, s) },
		"trunc":      func(n int, s string) string { return s[:min(n, len(s))] },
		"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
		"trim":       strings.TrimSpace,
		"replace":    func(old, repl, s string) string { return strings.ReplaceAll(s, old, repl) },
		"contains":   func(sub, s string) bool { return strings.Contains(s, sub) },
		"toJson":     func(v any) (string, error) { out, err := json.Marshal(v); return string(out), err },
		"lower":      strings.ToLower,
		"upper":      strings.ToUpper,
		"toString":   func(v any) string { return fmt.Sprint(v) },
		"int":        func(v any) (int, error) { return strconv.Atoi(fmt.Sprint(v)) },
		"list":       func(v ...any) []any { return v },
		"join":       func(sep string, v []any) string { return strings.Join(texts(v), sep) },
		"dict":       dict,
	}
}

func texts(v []any) []string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = fmt.Sprint(v[i])
	}
	return out
}

func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		key, ok := pair[0].(string)
		if !ok || len(pair) < 2 {
			return nil, errors.New("dict takes pairs of a string and a value")
		}
		out[key] = pair[1]
	}
	return out, nil
}

func orElse(v, def any) any {
	switch x := v.(type) {
	case nil:
		return def
	case string:
		if x == "" {
			return def
		}
	case int:
		if x == 0 {
			return def
		}
	case bool:
		if !x {
			return def
		}
	}
	return v
}

func indent(n int, s string) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
