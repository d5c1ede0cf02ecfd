package manifest

import (
	"strings"
	"testing"
)

// spliced is an edit that replaces one text, which the file has once, and
// nothing else.
type spliced struct {
	name, data string
	at         Locator
	to         string
	old, new   string
}

func checkSpliced(t *testing.T, tests []spliced) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n := strings.Count(tt.data, tt.old); n != 1 {
				t.Fatalf("the file has %q %d times", tt.old, n)
			}
			to := mustParse(t, tt.to)
			after, outcome, err := Set([]byte(tt.data), tt.at, to)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(tt.data, tt.old, tt.new, 1); string(after) != want {
				t.Errorf("got\n%s\nwant\n%s", after, want)
			}
			checkSpans(t, []byte(tt.data), after, outcome)
			if got, err := Read(after, tt.at); err != nil || got != to {
				t.Errorf("read back %q, %v", got, err)
			}
		})
	}
}
