package server

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// A Secret is a value that must not be seen: it prints as [redacted] wherever
// it is formatted, logged or encoded.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value, for the one place that needs it.
func (s Secret) Reveal() string { return s.value }

// IsZero says that none was set.
func (s Secret) IsZero() bool { return s.value == "" }

const redacted = "[redacted]"

// String hides the value.
func (s Secret) String() string { return redacted }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return redacted }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value from every encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// SecretFrom reads NAME, or the file that NAME_FILE points at, less the
// line breaks at its end.
func SecretFrom(env func(string) string, name string) (Secret, error) {
	if value := env(name); value != "" {
		return Secret{value}, nil
	}
	path := env(name + "_FILE")
	if path == "" {
		return Secret{}, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, fmt.Errorf("%s_FILE: %w", name, err)
	}
	return Secret{strings.TrimRight(string(data), "\r\n")}, nil
}
