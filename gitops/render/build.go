package render

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How the building process ends when it takes too much memory, or too long.
const (
	exitMemory = 3
	exitTime   = 4
)

// Build is the building process: it carries out orders from in, with questions
// and outcomes on out, until there are no more. It ends itself when an order
// takes too much, or when nobody is there any more to hear of it. It is what
// the command runs that a Renderer is given, with nothing else in the process.
func Build(in io.Reader, out io.Writer) error {
	isolate()
	// The collector hurries from half of what may be taken on, which whoever
	// started the process has set in its environment.
	most := debug.SetMemoryLimit(-1)
	if most == math.MaxInt64 {
		most = maxMemory / 2
		debug.SetMemoryLimit(most)
	}
	done := make(chan struct{})
	defer close(done)
	go watchMemory(uint64(2*most), done)
	return obey(in, out, carryOut)
}

// obey carries out orders until in ends. Who asks closes it last of all, and
// the kernel does where they were killed: what is under way then is of no use.
func obey(in io.Reader, out io.Writer, carryOut func(order, func(question) (answer, error)) (outcome, error)) error {
	said, ended, failed := make(chan json.RawMessage), make(chan error, 1), make(chan error, 1)
	go func() { ended <- hear(in, said) }()
	go func() { failed <- serve(said, json.NewEncoder(out), carryOut) }()
	select {
	case err := <-ended:
		return err
	case err := <-failed:
		return err
	}
}

// hear passes on what is said until there is no more.
func hear(in io.Reader, said chan<- json.RawMessage) error {
	for from := json.NewDecoder(in); ; {
		var text json.RawMessage
		if err := from.Decode(&text); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		said <- text
	}
}

// serve carries out orders until it cannot be heard.
func serve(said <-chan json.RawMessage, to *json.Encoder, carryOut func(order, func(question) (answer, error)) (outcome, error)) error {
	ask := func(q question) (a answer, err error) {
		if err = to.Encode(message{Question: &q}); err == nil {
			err = json.Unmarshal(<-said, &a)
		}
		return a, err
	}
	for {
		var o order
		if err := json.Unmarshal(<-said, &o); err != nil {
			return err
		}
		// Whoever asked has given up by then.
		late := time.AfterFunc(2*maxTargetTime, func() { os.Exit(exitTime) })
		result, err := carryOut(o, ask)
		if err == nil {
			err = to.Encode(message{Outcome: &result})
		}
		late.Stop()
		if err != nil {
			return err
		}
	}
}

// carryOut fills an order. Its errors are those of the conversation.
func carryOut(o order, ask func(question) (answer, error)) (out outcome, err error) {
	defer func() {
		if fault := recover(); fault != nil { // a library's, over files that it does not expect
			out, err = outcome{Refused: "Rendering it failed."}, nil
		}
	}()
	out, err = fill(o, ask)
	if why, refused := errors.AsType[refusal](err); refused {
		return outcome{From: out.From, Refused: string(why)}, nil
	}
	left := maxKept
	for i := range out.Resources {
		out.Resources[i].Diff = within(&left, out.Resources[i].Diff)
	}
	return out, err
}

// within leaves out a text that is longer than what is left for it.
func within(left *int, text string) string {
	if len(text) > *left {
		return ""
	}
	*left -= len(text)
	return text
}

// isolate lets the process reach nothing: what it builds names no address, and
// if it did, nobody would be asked.
func isolate() {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.Proxy = nil
		t.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("rendering reaches nothing")
		}
	}
}

// watchMemory ends the process before the machine feels it.
func watchMemory(most uint64, done <-chan struct{}) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	ticker := time.NewTicker(5 * time.Millisecond)
	for {
		select {
		case <-done:
			ticker.Stop()
			return
		case <-ticker.C:
			if metrics.Read(samples); samples[0].Value.Uint64()+samples[1].Value.Uint64() > most {
				os.Exit(exitMemory)
			}
		}
	}
}
