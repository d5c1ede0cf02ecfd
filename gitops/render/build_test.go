package render

import (
	"encoding/json"
	"io"
	"testing"
	"time"
)

func TestABuildEndsWhenNobodyIsThereToHearOfIt(t *testing.T) {
	in, asks := io.Pipe()
	begun, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	done := make(chan error, 1)
	go func() {
		done <- obey(in, io.Discard, func(order, func(question) (answer, error)) (outcome, error) {
			close(begun)
			<-never
			return outcome{}, nil
		})
	}()
	if err := json.NewEncoder(asks).Encode(order{}); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := asks.Close(); err != nil { // as the kernel does for who is killed
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(3 * maxTargetTime / 2): // at twice that the process ends in any case
		t.Error("it builds on")
	}
}
