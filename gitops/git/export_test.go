package git

// Waiting is how many pushes wait for their turn.
func (m *Mirror) Waiting() int {
	m.pushes.mu.Lock()
	defer m.pushes.mu.Unlock()
	return len(m.pushes.waiting)
}

// WaitingIntents is how many intents wait for their turn.
func (m *Mirror) WaitingIntents() int {
	m.intents.mu.Lock()
	defer m.intents.mu.Unlock()
	return len(m.intents.waiting)
}

// Bound sets how many packs are too many.
func (m *Mirror) Bound(packs int) { m.renewal.packs = packs }

// WaitingFetches is how many fetches wait for their turn.
func (m *Mirror) WaitingFetches() int {
	m.fetches.mu.Lock()
	defer m.fetches.mu.Unlock()
	return len(m.fetches.waiting)
}
