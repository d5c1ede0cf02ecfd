package pulltext

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// What of the rendered diff stands in a body, in bytes, and how many resources
// are named whose diff does not. The whole is in the file that RenderedFile
// writes.
const (
	mostRendered = 12 << 10
	mostNamed    = 20
)

// rendered shows what the cluster gets: folded, a diff for each resource.
func rendered(b *strings.Builder, all []gitops.Rendered) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>Rendered manifests: %s</summary>\n", Escape(RenderedSummary(all)))
	left := mostRendered
	for _, r := range all {
		fmt.Fprintf(b, "\n**%s in %s**", Escape(r.Target.Application), Escape(r.Target.Environment))
		if r.Unknown != "" {
			fmt.Fprintf(b, ": not rendered. %s\n", Escape(r.Unknown))
			continue
		}
		fmt.Fprintf(b, ", `%s`: %s.\n", code(r.From), r.Summary())
		var without []gitops.RenderedResource
		for _, resource := range r.Resources {
			text := fenced("diff", resource.Diff)
			if resource.Diff == "" || len(text) > left {
				without = append(without, resource)
				continue
			}
			left -= len(text)
			fmt.Fprintf(b, "\n`%s` is %s:\n\n%s", code(resource.Name), resource.Effect, text)
		}
		withoutDiff(b, without, r.Left)
	}
	b.WriteString("\n</details>\n")
}

// withoutDiff names what there is no room for.
func withoutDiff(b *strings.Builder, resources []gitops.RenderedResource, more int) {
	if len(resources)+more == 0 {
		return
	}
	b.WriteString("\nWithout their diff, for its length:\n")
	for i, r := range resources {
		if i == mostNamed {
			more += len(resources) - i
			break
		}
		fmt.Fprintf(b, "- `%s` is %s\n", code(r.Name), r.Effect)
	}
	if more > 0 {
		fmt.Fprintf(b, "- and %d more\n", more)
	}
	b.WriteString("\nThe whole, as far as it is kept, is attached to the thread of this change.\n")
}

// RenderedSummary says in one line what is rendered differently; empty where
// nothing was rendered.
func RenderedSummary(all []gitops.Rendered) string {
	var known, unknown []gitops.Rendered
	for _, r := range all {
		if r.Unknown != "" {
			unknown = append(unknown, r)
		} else {
			known = append(known, r)
		}
	}
	var total gitops.Rendered
	for _, r := range known {
		total.Resources = append(total.Resources, r.Resources...)
		total.Left += r.Left
	}
	switch {
	case len(all) == 0:
		return ""
	case len(known) == 0:
		return "not rendered"
	case len(unknown) > 0:
		return fmt.Sprintf("%s; %d of %d not rendered", total.Summary(), len(unknown), len(all))
	default:
		return total.Summary()
	}
}

// RenderedFile is the whole rendered diff as a text file, where a body has not
// all of it; empty where it has.
func RenderedFile(all []gitops.Rendered) string {
	size, whole := 0, true
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "# %s\n", r.Target)
		if r.Unknown != "" {
			fmt.Fprintf(&b, "# not rendered: %s\n\n", oneLine(r.Unknown))
			continue
		}
		fmt.Fprintf(&b, "# %s: %s\n\n", oneLine(r.From), r.Summary())
		for _, resource := range r.Resources {
			size += len(fenced("diff", resource.Diff))
			text := resource.Diff
			if text == "" {
				whole, text = false, "# its diff is not kept, for its length\n"
			}
			fmt.Fprintf(&b, "--- %s\n+++ %[1]s, %s\n%s\n", oneLine(resource.Name), resource.Effect, text)
		}
		if r.Left > 0 {
			whole = false
			fmt.Fprintf(&b, "# and %d more resources\n\n", r.Left)
		}
	}
	if whole && size <= mostRendered {
		return ""
	}
	return b.String()
}

// fenced fences a text so that nothing in it ends the fence.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimSuffix(text, "\n") + "\n" + fence + "\n"
}
