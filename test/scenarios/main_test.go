package scenarios

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// TestMain tells half as many stories again at the same time as there are
// processors, unless -parallel says how many: a story waits most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		if err := flag.Set("test.parallel", strconv.Itoa((3*runtime.GOMAXPROCS(0)+1)/2)); err != nil {
			panic(err) // impossible: it is one of testing's own, and a number
		}
	}
	os.Exit(m.Run())
}
