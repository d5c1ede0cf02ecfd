package manifest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/changebot/changebot/gitops"
)

// dense is a file with about n values.
func dense(n int) []byte {
	return []byte("image: {tag: v1}\nx: [" + strings.Repeat("1,", n) + "1]\n")
}

// TestLargeFilesWaitForEachOther: each takes hundreds of megabytes while it is
// read. A small one goes by, and one that is too large to be read at all is told so.
func TestLargeFilesWaitForEachOther(t *testing.T) {
	place := gitops.Place{Shape: gitops.ShapeHelm, Field: "image.tag", File: "values.yaml"}
	restart := gitops.Restart{File: "values.yaml", Field: "image.tag"}
	for name, use := range map[string]func(Files, []byte) error{
		"Read": func(f Files, data []byte) error { _, err := f.Read(data, place); return err },
		"Set": func(f Files, data []byte) error {
			_, _, err := f.Set(data, place, gitops.Version{Tag: "v2"})
			return err
		},
		"Restart": func(f Files, data []byte) error { _, _, err := f.Restart(data, restart, "v2"); return err },
		"Keep": func(f Files, data []byte) error {
			_, err := f.Keep(data, data, []string{"image.tag"}, "a", "b")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New()
				leave := f.room.enter(dense(maxIndicators - 10))
				done := make(chan error, 1)
				go func() { done <- use(f, dense(fewIndicators)) }()
				synctest.Wait()
				select {
				case err := <-done:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
				if err := use(f, dense(10)); err != nil {
					t.Errorf("a small one: %v", err)
				}
				leave()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if err := use(f, dense(maxIndicators)); gitops.CodeOf(err) != gitops.Unsafe {
					t.Errorf("one that is too large: %v", err)
				}
				if !f.room.left.TryAcquire(maxIndicators) {
					t.Error("not all of it is left when all have gone")
				}
			})
		})
	}
}

// TestARoomIsLeftByWhoeverHasEntered, as many as there are and of whatever size.
func TestARoomIsLeftByWhoeverHasEntered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom()
		sizes := []int{fewIndicators, maxIndicators, maxIndicators / 2, maxIndicators + 1, maxIndicators / 3}
		done := make(chan string, 50)
		for i := range cap(done) {
			go func() {
				leave := r.enter(dense(sizes[i%len(sizes)]))
				leave()
				done <- fmt.Sprint(i)
			}()
		}
		for range cap(done) {
			<-done
		}
		if !r.left.TryAcquire(maxIndicators) {
			t.Error("not all of it is left when all have gone")
		}
	})
}
