package pages_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/test/githubtest/pages"
)

func TestMarkdownIsASafeSubset(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a table", "| a | b |\n|---|---|\n| 1 | `x` |", "<table><thead><tr><th>a</th><th>b</th></tr>\n</thead><tbody><tr><td>1</td><td><code>x</code></td></tr>\n</tbody></table>\n"},
		{"a fold", "<details><summary>More</summary>\n\n- x\n\n</details>", "<details><summary>More</summary>\n<ul>\n<li>x</li>\n</ul>\n</details>\n"},
		{"bold and a link", "**b** [l](https://x.y/z)", `<p><strong>b</strong> <a href="https://x.y/z" target="_top" rel="noopener noreferrer">l</a></p>` + "\n"},
		{"a comment", "a<!-- hidden -->b", "<p>ab</p>\n"},
		{"other HTML as text", "<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"},
		{"a dangerous link as text", "[l](javascript:x)", "<p>[l](javascript:x)</p>\n"},
		{"a quote in a link", `[l](https://x"onclick=y)`, `<p><a href="https://x&#34;onclick=y" target="_top" rel="noopener noreferrer">l</a></p>` + "\n"},
		{"characters by number, which mark nothing up", "a&#58; &#42;&#42;b&#42;&#42; &#60;script&#62;", "<p>a: **b** &lt;script&gt;</p>\n"},
		{"code in the title of a fold", "<details><summary>digest <code>1f</code></summary>\n</details>", "<details><summary>digest <code>1f</code></summary>\n</details>\n"},
		{"code in a link", "- [`c0ffee`](https://x.y/z) a", "<ul>\n<li><a href=\"https://x.y/z\" target=\"_top\" rel=\"noopener noreferrer\"><code>c0ffee</code></a> a</li>\n</ul>\n"},
		{"a diff", "```diff\n-a\n+b\n```", "<pre class=\"diff\"><span class=\"del\">-a</span>\n<span class=\"add\">+b</span>\n</pre>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, string(pages.Markdown(c.text))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMarkdownNeverLetsATagThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"<script>", "<img src=x>", "[a](", "https://a.b/", ")", "`", "**", "&#60;", "script", "<code>", "[`x`](", "\n", "|", "|-|", "<details>", "</details>", "> ", "- ", "\"", "'", "x", " "})).Draw(t, "parts")
		out := string(pages.Markdown(strings.Join(parts, "")))
		if strings.Contains(out, "<script") || strings.Contains(out, "<img") {
			t.Fatalf("%q gave %q", parts, out)
		}
	})
}

func TestDiffLinesAreNumbered(t *testing.T) {
	got := pages.Diff("@@ -1,2 +1,2 @@\n a\n-b\n+c")
	want := []pages.Line{
		{Kind: "hunk", Text: "@@ -1,2 +1,2 @@"}, {Kind: "ctx", Old: "1", New: "1", Text: " a"}, {Kind: "del", Old: "2", Text: "-b"}, {Kind: "add", New: "2", Text: "+c"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAgesAreSaidInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "just now", time.Minute: "1 minute ago", 5 * time.Hour: "5 hours ago", 49 * time.Hour: "2 days ago"} {
		if got := pages.Ago(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
