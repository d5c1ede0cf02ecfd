package pulltext

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// mostPulls is how many pull requests of one application are listed.
const mostPulls = 20

// included lists, for each application, the commits and pull requests that its
// new version brings or takes back. Nobody is mentioned, and text links to
// other pages only where the forge itself gave the address.
func included(b *strings.Builder, all []gitops.Included) {
	for _, in := range all {
		fmt.Fprintf(b, "\n**Included in %s**", Escape(in.Application))
		switch summary := in.Summary(); {
		case in.Unknown != "":
			fmt.Fprintf(b, ": not known. %s\n", Escape(in.Unknown))
			continue
		case summary == "":
			fmt.Fprintf(b, ": [no commits differ](%s)\n", in.URL)
			continue
		default:
			fmt.Fprintf(b, ": [%s](%s) of %s\n", summary, in.URL, Escape(in.Repository))
		}
		for i, p := range in.Pulls {
			if i == mostPulls {
				fmt.Fprintf(b, "- [and %d more](%s)\n", len(in.Pulls)-i, in.URL)
				break
			}
			fmt.Fprintf(b, "- [PR %d](%s) %s\n", p.Number, p.URL, Escape(p.Title))
		}
		fmt.Fprintf(b, "\n<details><summary>Commits</summary>\n\n")
		for _, c := range in.Commits {
			fmt.Fprintf(b, "- [`%.8s`](%s) %s, %s\n", c.SHA, c.URL, Escape(c.Title), Escape(c.Author))
		}
		if n := max(in.Brought, in.TakenBack) - len(in.Commits); n > 0 {
			fmt.Fprintf(b, "- [and %d more](%s)\n", n, in.URL)
		}
		b.WriteString("\n</details>\n")
	}
}
