package bot

import (
	"fmt"
	"os"
)

// Operations adds an operations listener to the configuration of the next
// start, and returns its address: "http://127.0.0.1:…".
func (b *Bot) Operations() (string, error) {
	addr, err := freeAddress()
	if err != nil {
		return "", err
	}
	config, err := os.ReadFile(b.config())
	if err != nil {
		return "", err
	}
	return "http://" + addr, os.WriteFile(b.config(), fmt.Appendf(config, "operations: {listen: %s}\n", addr), 0o600)
}
