package main

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestAPromiseIsBrokenJustBeyondItsBound(t *testing.T) {
	for _, tt := range []struct {
		p    promise
		want bool
	}{
		{promise{got: 12, bound: 12}, true},
		{promise{got: 11.9, bound: 12}, false},
		{promise{got: 100, bound: 100, most: true}, true},
		{promise{got: 100.1, bound: 100, most: true}, false},
	} {
		if got := tt.p.kept(); got != tt.want {
			t.Errorf("%+v: kept %v", tt.p, got)
		}
	}
}

func TestWhatIsBrokenOnceIsForgiven(t *testing.T) {
	first := []promise{{text: "a"}, {text: "b"}}
	second := []promise{{text: "b"}, {text: "c"}}
	if got := both(first, second); len(got) != 1 || got[0].text != "b" {
		t.Errorf("%v was broken twice", got)
	}
}

func TestWhichBoundsHoldAtWhichSize(t *testing.T) {
	of := func(took, cpu, server time.Duration, peak, down int64) *contestant {
		return &contestant{costs: []cost{{took: took, cpu: cpu, peak: peak}}, traffic: []traffic{{busy: server, down: down}}}
	}
	warm := of(200*time.Millisecond, 20*time.Millisecond, 160*time.Millisecond, 50e6, 240e3)
	mirror := of(500*time.Millisecond, 300*time.Millisecond, 0, 0, 0)
	clone := of(4*time.Second, 0, 0, 0, 0)
	cold := of(time.Second, 0, 0, 0, 0)
	single, batched := of(9*time.Second, 0, 0, 0, 0), of(time.Second, 0, 0, 0, 0)
	for size, want := range map[string][]string{
		"S": {"warm, times faster than git clone --depth 1: 20.0, promised at least 2.5"},
		"M": {"warm, times faster than git clone --depth 1: 20.0, promised at least 8"},
		"L": {
			"warm, times faster than git clone --depth 1: 20.0, promised at least 12",
			"warm, times faster than git's mirror: 2.5, promised at least 1",
			"warm, times the server's share: 1.2, promised at most 1.4",
			"git's mirror, times the CPU of warm: 15.0, promised at least 10",
			"warm, MB of memory: 50.0, promised at most 100",
			"warm, kB down: 240.0, promised at most 300",
			"cold, times faster than git clone --depth 1: 4.0, promised at least 1",
			"at once, times faster than one by one: 9.0, promised at least 3",
		},
	} {
		promises := promisesOfOne(size, []*contestant{warm, mirror, clone, nil, cold})
		promises = append(promises, promisesOfMany(size, *single, *batched)...)
		var got []string
		for _, p := range promises {
			got = append(got, fmt.Sprint(p))
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s:\n%q\nwant\n%q", size, got, want)
		}
	}
}
