package git

import "time"

// Waiting is how many pushes wait for their turn.
func (m *Mirror) Waiting() int { return m.pushes.Waiting() }

// WaitingIntents is how many intents wait for their turn.
func (m *Mirror) WaitingIntents() int { return m.intents.Waiting() }

// WaitingFetches is how many fetches wait for their turn.
func (m *Mirror) WaitingFetches() int { return m.fetches.Waiting() }

// Bound sets how many packs are too many.
func (m *Mirror) Bound(packs int) { m.renewal.packs = packs }

// Patience sets how long the server may be silent, and how long an operation
// may take in all.
func (m *Mirror) Patience(silence, whole time.Duration) {
	m.remote.silence, m.opts.Timeout = silence, whole
	if m.remote.ssh != nil {
		m.remote.ssh.answer = silence
	}
}

// Reading does something while it reads the mirror.
func (m *Mirror) Reading(do func()) error {
	_, err := m.readOnce(func(*store) error { do(); return nil })
	return err
}
