package crashes

import (
	"bytes"
	"regexp"
)

// commandLine is the promotion, asked for in a terminal. Its command waits for
// the end through whatever befalls changebot meanwhile.
func commandLine() road {
	return road{
		name: "command line", changes: 1,
		ask: func(h *house) { h.run("request", "promote checkout to prod because INC-4211", "--wait") },
		end: regexp.MustCompile(`(?s)checkout 1\.42\.3.* is healthy in .*prod`),
		after: func(h *house) {
			h.t.Helper()
			if err := h.typed.Wait(); err != nil {
				h.t.Errorf("the command ends with %v:\n%s", err, h.typed.Stderr)
			}
		},
	}
}

// run begins a command as Ada and lets it run.
func (h *house) run(args ...string) {
	h.t.Helper()
	h.typed = h.bots[0].Command([]string{"CHANGEBOT_SERVER=" + h.url, "CHANGEBOT_TOKEN=changebot-sample-ada"}, args...)
	h.typed.Stderr = &bytes.Buffer{}
	if err := h.typed.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if h.typed.ProcessState == nil {
			_ = h.typed.Process.Kill() // the test has failed already
			_ = h.typed.Wait()
		}
	})
}
